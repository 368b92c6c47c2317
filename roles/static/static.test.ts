/** What a browser is served: the page with its policy, assets that may be kept, compressed as asked for. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import { expect, test } from "@jest/globals";
import { z } from "zod";
import { readConfig } from "../../src/core/config.ts";
import type { Life } from "../../src/core/life.ts";
import { serveHttp } from "../../src/net/serve/serve.ts";
import { forwardedConfig } from "../../src/net/visitor/forwarded.ts";
import { siteConfig } from "../../src/net/visitor/site.ts";
import { temporaryFolder } from "../../test/helpers/folder.ts";
import { testLives } from "../../test/helpers/life.ts";
import { testLog } from "../../test/helpers/log.ts";
import { readAssets } from "./assets.ts";
import { staticHandler } from "./handler.ts";

const life = testLives();
const SCRIPT = 'const greeting = "hello";\n'.repeat(100);
const HTML = `<!doctype html><meta name="cocalc-base" content="" /><meta name="cocalc-project-domain" content="no" /><script>before()</script>
<script type="module" src="./assets/index-abc.js"></script><link rel="stylesheet" href="./assets/index-abc.css">`;

async function serve(own: Life, env: Record<string, string> = {}): Promise<string> {
  const folder = await temporaryFolder(own, "static");
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "assets/index-abc.js"), SCRIPT);
  await writeFile(join(folder, "assets/index-abc.js.br"), brotliCompressSync(SCRIPT));
  const assets = await readAssets(join(folder, "assets"));
  const config = readConfig(z.object({ ...siteConfig.shape, ...forwardedConfig.shape }), env);
  const handle = staticHandler({ config, html: HTML, assets });
  const listen = { host: "127.0.0.1", port: 0 };
  return (await serveHttp(own, { name: "static", listen, log: testLog(), handle })).origin;
}

test("every address below /app is the page, with the base path and a policy for its own scripts", async () => {
  const origin = await serve(life(), { BASE_PATH: "/base" });
  const response = await fetch(`${origin}/base/app/projects/some/files/a%20b.txt`);
  const page = await response.text();
  expect(page).toContain('content="/base"');
  expect(page).toContain('src="/base/static/assets/index-abc.js"');
  expect(page).toContain('href="/base/static/assets/index-abc.css"');
  expect(response.headers.get("cache-control")).toBe("no-cache");
  const policy = response.headers.get("content-security-policy") ?? "";
  expect(policy).toMatch(/script-src 127\.0\.0\.1:\d+\/base\/static\/ 'sha256-[\w+/=]+';/);
  expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:`);
  expect(policy).not.toMatch(/script-src[^;]*('self'|'unsafe)/);
  const again = await fetch(`${origin}/base/app`, { headers: { "if-none-match": response.headers.get("etag") ?? "" } });
  expect(again.status).toBe(304);
});

test("the page says whether projects have a domain for origins of their own", async () => {
  const pageOf = async (env: Record<string, string>) => (await fetch(`${await serve(life(), env)}/app`)).text();
  const domain = { COCALC_ORIGIN: "https://site.example", COCALC_PROJECT_DOMAIN: "projects.example.org" };
  expect(await pageOf(domain)).toContain('<meta name="cocalc-project-domain" content="yes" />');
  expect(await pageOf({})).toContain('<meta name="cocalc-project-domain" content="no" />');
});

test("the app never told browsers to come by TLS alone: it does where the site is reached so", async () => {
  const tlsOf = async (origin: string, headers = {}) =>
    (await fetch(`${origin}/app`, { headers })).headers.get("strict-transport-security");
  const plain = await serve(life());
  expect(await tlsOf(plain)).toBeNull();
  expect(await tlsOf(plain, { "X-Forwarded-Proto": "https" })).toBe("max-age=15552000");
  expect(await tlsOf(await serve(life(), { COCALC_ORIGIN: "https://site.example" }))).toBe("max-age=15552000");
  const http = await serve(life(), { COCALC_ORIGIN: "http://site.example" });
  expect(await tlsOf(http, { "X-Forwarded-Proto": "https" })).toBeNull();
});

test("a Host that is no host does not get into the policy", async () => {
  const { contentSecurityPolicy } = await import("./page.ts");
  const policy = contentSecurityPolicy({ hashes: [], host: "evil; script-src *", basePath: "" });
  expect(policy).toContain("connect-src 'self';");
  expect(policy).not.toContain("evil");
});

test("an asset may be kept for ever and comes compressed to whoever takes that", async () => {
  const origin = await serve(life());
  const plain = await fetch(`${origin}/static/assets/index-abc.js`, { headers: { "accept-encoding": "identity" } });
  expect(await plain.text()).toBe(SCRIPT);
  expect(plain.headers.get("content-encoding")).toBeNull();
  expect(plain.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect(plain.headers.get("content-type")).toContain("javascript");
  const { request } = await import("undici");
  const packed = await request(`${origin}/static/assets/index-abc.js`, { headers: { "accept-encoding": "gzip, br" } });
  expect(packed.headers["content-encoding"]).toBe("br");
  expect(brotliDecompressSync(Buffer.from(await packed.body.arrayBuffer())).toString()).toBe(SCRIPT);
  const refused = await fetch(`${origin}/static/assets/index-abc.js`, { headers: { "accept-encoding": "br;q=0" } });
  expect(refused.headers.get("content-encoding")).toBeNull();
});

test("what is not there is told, is not kept, and leads nowhere else", async () => {
  const origin = await serve(life());
  for (const path of [
    "/static/assets/index-old.js",
    "/static/assets/..%2f..%2fpackage.json",
    "/elsewhere",
    "/static",
  ]) {
    const response = await fetch(`${origin}${path}`);
    expect(response.status).toBe(404);
    expect(response.headers.get("cache-control")).toBe("no-store");
  }
  expect((await fetch(`${origin}/app`, { method: "POST" })).status).toBe(405);
});
