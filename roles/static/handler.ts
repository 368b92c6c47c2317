/** Answers for `/app` (the page, whatever the rest of the path) and `/static` (hashed assets). */

import { createHash } from "node:crypto";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { splitTarget } from "../../src/core/request-target.ts";
import type { Handle } from "../../src/net/serve/serve.ts";
import { clientOf, type ForwardedConfig } from "../../src/net/visitor/forwarded.ts";
import { belowBase } from "../../src/net/visitor/routes.ts";
import { requireTls, type SiteConfig, schemeOf } from "../../src/net/visitor/site.ts";
import { type Asset, chooseEncoding } from "./assets.ts";
import { contentSecurityPolicy, inlineScriptHashes, pageFor } from "./page.ts";

export interface StaticSite {
  config: SiteConfig & ForwardedConfig;
  /** index.html as built. */
  html: string;
  /** By name below `/static/assets/`. */
  assets: ReadonlyMap<string, Asset>;
}

const YEAR_SECONDS = 31_536_000;

/** Makes the handler of the role. */
export function staticHandler({ config, html, assets }: StaticSite): Handle {
  const { basePath, origin } = config;
  const page = Buffer.from(pageFor(html, config));
  const pageTag = `"${createHash("sha256").update(page).digest("base64url").slice(0, 22)}"`;
  const hashes = inlineScriptHashes(html);
  const configuredHost = origin === undefined ? undefined : new URL(origin).host;
  return (request, response) => {
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Referrer-Policy", "same-origin");
    requireTls(response, schemeOf(config, clientOf(request, config).proto));
    if (request.method !== "GET" && request.method !== "HEAD")
      return answer(request, response, {
        status: 405,
        headers: { Allow: "GET, HEAD" },
        body: text("Only GET and HEAD are served here."),
      });
    const path = belowBase(basePath, splitTarget(request.url).path);
    if (path === undefined) return notFound(request, response);
    const assetName = /^\/static\/assets\/([\w.-]+)$/.exec(path)?.[1];
    const asset = assetName === undefined ? undefined : assets.get(assetName);
    if (asset !== undefined) return sendAsset(request, response, asset);
    if (path !== "/app" && !path.startsWith("/app/")) return notFound(request, response);
    const policy = contentSecurityPolicy({ hashes, basePath, host: configuredHost ?? request.headers.host });
    const headers = {
      "Content-Type": "text/html; charset=utf-8",
      "Cache-Control": "no-cache",
      "Content-Security-Policy": policy,
      ETag: pageTag,
    };
    answer(request, response, { status: 200, headers, body: page });
  };
}

/** A hashed name never means other bytes: it may be kept for ever. */
function sendAsset(request: IncomingMessage, response: ServerResponse, asset: Asset): void {
  const encoding = chooseEncoding(request.headers["accept-encoding"], asset);
  const headers = {
    "Content-Type": asset.type,
    "Cache-Control": `public, max-age=${YEAR_SECONDS}, immutable`,
    Vary: "Accept-Encoding",
    ETag: encoding === "identity" ? asset.etag : `${asset.etag.slice(0, -1)}-${encoding}"`,
    ...(encoding !== "identity" && { "Content-Encoding": encoding }),
  };
  answer(request, response, { status: 200, headers, body: asset.bodies.get(encoding) ?? Buffer.alloc(0) });
}

const text = (words: string): Buffer => Buffer.from(`${words}\n`);

function notFound(request: IncomingMessage, response: ServerResponse): void {
  // An old page may ask for an asset of an earlier build: the app tells to reload, and nobody may keep this answer.
  const headers = { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" };
  answer(request, response, { status: 404, headers, body: text("There is nothing here. The app is at /app.") });
}

interface Answer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: Buffer;
}

function answer(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void {
  const tag = headers.ETag;
  const known = (request.headers["if-none-match"] ?? "").split(",").map((part) => part.trim().replace(/^W\//, ""));
  if (status === 200 && typeof tag === "string" && known.includes(tag)) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(status, { ...headers, "Content-Length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
}
