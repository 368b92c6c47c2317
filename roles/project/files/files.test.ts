/** The file API over HTTP, on real folders: what people and hubs see of it. */

import { execFile } from "node:child_process";
import { once } from "node:events";
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  stat,
  symlink,
  truncate,
  unlink,
  writeFile,
} from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { moveWithoutReplacing } from "../../../src/files/replace.ts";
import { ASSERTION_HEADER } from "../../../src/protocol/assertion.ts";
import { temporaryFolder } from "../../../test/helpers/folder.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { startProjectServer, type TestProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";

const newLife = testLives();
const run = promisify(execFile);

async function json(response: Response, status = 200) {
  const body = await response.json();
  expect({ status: response.status, body }).toMatchObject({ status });
  return body;
}

const post = (server: TestProjectServer, name: string, body: object) =>
  server.fetch(`/api/files/${name}`, { method: "POST", body: JSON.stringify(body) });

const q = encodeURIComponent;

/** Names in the home folder, but for the server's own folder. */
const namesIn = async ({ home }: TestProjectServer) =>
  (await readdir(home)).filter((name) => name !== ".cocalc").sort();

test("a folder of 50,000 files is listed by pages in order of name", async () => {
  const server = await startProjectServer(newLife());
  await run("bash", ["-c", "cd $0 && mkdir big && cd big && seq -f 'f%06g' 50000 | xargs touch", server.home]);
  const names: string[] = [];
  let after = "";
  for (let next: string | null = ""; next !== null; after = next ?? "") {
    const page = await json(await server.fetch(`/api/files/list?path=big&limit=5000${after && `&after=${q(after)}`}`));
    names.push(...page.entries.map((entry: { name: string }) => entry.name));
    next = page.next;
  }
  expect(names).toHaveLength(50_000);
  expect(names).toEqual([...names].sort());
});

test("names that are not UTF-8 travel as tagged base64 and can be read, renamed and deleted", async () => {
  const server = await startProjectServer(newLife());
  const name = Buffer.from([0xff, 0x41, 0xfe]);
  await writeFile(Buffer.concat([Buffer.from(`${server.home}/`), name]), "strange");
  const { entries } = await json(await server.fetch("/api/files/list?path="));
  expect(entries).toHaveLength(1);
  const wire = entries[0].name;
  expect(wire).toBe(`base64:${name.toString("base64url")}`);
  expect(await (await server.fetch(`/api/files/read?path=${q(wire)}`)).text()).toBe("strange");
  expect(await (await server.fetch("/raw/%ffA%fe")).text()).toBe("strange");
  await json(await post(server, "rename", { from: wire, to: "plain" }));
  expect(await readFile(join(server.home, "plain"), "utf8")).toBe("strange");
  const tagged = `base64:${Buffer.from("base64:x").toString("base64url")}`;
  await json(await server.fetch(`/api/files/write?path=${q(tagged)}`, { method: "PUT", body: "y" }));
  expect(await namesIn(server)).toEqual(["base64:x", "plain"]);
});

test("a file is read whole, by range and not at all when the reader has it", async () => {
  const server = await startProjectServer(newLife());
  await writeFile(join(server.home, "a.txt"), "0123456789");
  const read = (headers: Record<string, string> = {}) => server.fetch("/api/files/read?path=a.txt", { headers });
  const whole = await read();
  const etag = whole.headers.get("etag") ?? "";
  expect(await whole.text()).toBe("0123456789");
  expect(whole.headers.get("content-type")).toContain("text/plain");
  const part = await read({ Range: "bytes=2-4" });
  expect([part.status, await part.text(), part.headers.get("content-range")]).toEqual([206, "234", "bytes 2-4/10"]);
  expect(await (await read({ Range: "bytes=-3" })).text()).toBe("789");
  expect(await (await read({ Range: "bytes=7-99" })).text()).toBe("789");
  expect((await read({ Range: "bytes=10-" })).status).toBe(416);
  expect((await read({ "If-None-Match": etag })).status).toBe(304);
  expect((await read({ "If-None-Match": `W/${etag}` })).status).toBe(304);
  expect((await read({ Range: "bytes=2-4", "If-Range": '"other"' })).status).toBe(200);
  const download = await server.fetch("/api/files/read?path=a.txt&download=1");
  expect(download.headers.get("content-disposition")).toContain('attachment; filename="a.txt"');
  expect(download.headers.get("content-security-policy")).toContain("sandbox");
});

test("an empty file is read, and a folder, a pipe and nothing are told apart in words", async () => {
  const server = await startProjectServer(newLife());
  await writeFile(join(server.home, "empty"), "");
  await mkdir(join(server.home, "folder"));
  await run("mkfifo", [join(server.home, "pipe")]);
  expect(await (await server.fetch("/api/files/read?path=empty")).text()).toBe("");
  expect((await json(await server.fetch("/api/files/read?path=folder"), 400)).error).toContain("folder");
  expect((await json(await server.fetch("/api/files/read?path=pipe"), 400)).error).toContain("regular file");
  expect((await json(await server.fetch("/api/files/read?path=none"), 404)).error).toBe("none does not exist.");
});

test("a write is atomic, keeps the mode, makes folders when asked and heeds its precondition", async () => {
  const server = await startProjectServer(newLife());
  const put = (path: string, body: string, headers: Record<string, string> = {}) =>
    server.fetch(`/api/files/write?path=${q(path)}&mkdir=1`, { method: "PUT", body, headers });
  const first = await json(await put("a/b/c.sh", "one", { "If-None-Match": "*" }));
  expect(first).toMatchObject({ name: "c.sh", kind: "file", size: 3 });
  expect((await put("a/b/c.sh", "two", { "If-None-Match": "*" })).status).toBe(412);
  await run("chmod", ["750", join(server.home, "a/b/c.sh")]);
  const now = await json(await server.fetch("/api/files/stat?path=a/b/c.sh"));
  expect((await put("a/b/c.sh", "two", { "If-Match": `"${first.etag}"` })).status).toBe(412);
  const second = await json(await put("a/b/c.sh", "two", { "If-Match": `"${now.etag}"` }));
  expect(second.etag).not.toBe(now.etag);
  expect(second.mode).toBe(0o750);
  expect(await readFile(join(server.home, "a/b/c.sh"), "utf8")).toBe("two");
  expect(await readdir(join(server.home, "a/b"))).toEqual(["c.sh"]);
});

test("an upload whose sender goes away leaves the old file and no other", async () => {
  const server = await startProjectServer(newLife());
  await writeFile(join(server.home, "a"), "old");
  const assertion = await server.hub.assertion({ aud: server.projectId });
  const upload = httpRequest(`${server.url}/api/files/write?path=a`, {
    method: "PUT",
    headers: { [ASSERTION_HEADER]: assertion, "Content-Length": 1_000_000 },
  });
  upload.on("error", () => {});
  upload.write("new".repeat(1_000));
  await until(async () => (await namesIn(server)).length === 2);
  upload.destroy();
  await until(async () => (await namesIn(server)).length === 1);
  expect(await readFile(join(server.home, "a"), "utf8")).toBe("old");
});

test("a link inside home is followed for writing and stays a link", async () => {
  const server = await startProjectServer(newLife());
  await mkdir(join(server.home, "real"));
  await symlink("real/file", join(server.home, "link"));
  await json(await server.fetch("/api/files/write?path=link", { method: "PUT", body: "through" }));
  expect(await readlink(join(server.home, "link"))).toBe("real/file");
  expect(await readFile(join(server.home, "real/file"), "utf8")).toBe("through");
});

test("a folder is copied, renamed and deleted with its links, which are not followed", async () => {
  const server = await startProjectServer(newLife());
  const at = (path: string) => join(server.home, path);
  await mkdir(at("a/deep"), { recursive: true });
  await writeFile(at("a/deep/file"), "x", { mode: 0o640 });
  await writeFile(join(server.root, "outside"), "stays");
  await symlink(server.root, at("a/up"));
  await json(await post(server, "copy", { from: "a", to: "b" }));
  expect(await readFile(at("b/deep/file"), "utf8")).toBe("x");
  expect((await stat(at("b/deep/file"))).mode & 0o777).toBe(0o640);
  expect(await readlink(at("b/up"))).toBe(server.root);
  expect((await post(server, "copy", { from: "a", to: "b" })).status).toBe(409);
  expect((await post(server, "copy", { from: "a", to: "a/deep/a" })).status).toBe(400);
  expect(await readdir(at("a/deep"))).toEqual(["file"]);
  expect((await post(server, "rename", { from: "b", to: "a" })).status).toBe(409);
  await json(await post(server, "rename", { from: "b", to: "a", overwrite: false }), 409);
  await json(await post(server, "delete", { paths: ["a", "b"] }));
  expect(await namesIn(server)).toEqual([]);
  expect(await readFile(join(server.root, "outside"), "utf8")).toBe("stays");
});

test("moving to another place, making folders and links", async () => {
  const server = await startProjectServer(newLife());
  await json(await post(server, "make-folder", { path: "new" }));
  expect((await post(server, "make-folder", { path: "new" })).status).toBe(409);
  await json(await post(server, "link", { path: "new/l", target: "../x" }));
  const { entries } = await json(await server.fetch("/api/files/list?path=new"));
  expect(entries[0]).toMatchObject({ name: "l", kind: "link", link: { target: "../x", kind: "missing" } });
  await json(await post(server, "rename", { from: "new", to: "/tmp/new" }));
  expect((await lstat(join(server.root, "tmp/new/l"))).isSymbolicLink()).toBe(true);
  expect((await json(await server.fetch("/api/files/list?path=/tmp"))).entries).toHaveLength(1);
});

test("a zip and a tar hold what was asked for, with links as links", async () => {
  const server = await startProjectServer(newLife());
  const at = (path: string) => join(server.home, path);
  await mkdir(at("d/e"), { recursive: true });
  await writeFile(at("d/e/f.txt"), "content".repeat(10_000));
  await writeFile(at("d/empty"), "");
  await symlink("/etc/passwd", at("d/l"));
  for (const format of ["tar", "zip"]) {
    const response = await server.fetch(`/api/files/archive?path=d&format=${format}`);
    expect(response.headers.get("content-disposition")).toContain(`d.${format}`);
    await writeFile(join(server.root, `d.${format}`), Buffer.from(await response.arrayBuffer()));
  }
  await mkdir(join(server.root, "out"));
  await run("tar", ["-xf", join(server.root, "d.tar"), "-C", join(server.root, "out")]);
  expect(await readFile(join(server.root, "out/d/e/f.txt"), "utf8")).toBe("content".repeat(10_000));
  expect(await readlink(join(server.root, "out/d/l"))).toBe("/etc/passwd");
  const { stdout } = await run("python3", ["-m", "zipfile", "-l", join(server.root, "d.zip")]);
  expect(stdout).toMatch(/d\/e\/f.txt .* 70000/);
  expect(stdout).toContain("d/l");
});

test("the reader of an archive goes away: nothing stays open", async () => {
  const server = await startProjectServer(newLife());
  await writeFile(join(server.home, "big"), "");
  await truncate(join(server.home, "big"), 3e9);
  const open = async () => (await readdir("/proc/self/fd")).length;
  for (const format of ["tar", "zip"]) {
    const before = await open();
    const abort = new AbortController();
    const response = await server.fetch(`/api/files/archive?path=big&format=${format}`, { signal: abort.signal });
    await response.body?.getReader().read();
    abort.abort();
    await until(async () => (await open()) <= before + 1);
  }
});

test("no path leads out of home: not by dots, not by links, not by absolute names", async () => {
  const server = await startProjectServer(newLife());
  await writeFile(join(server.root, "secret"), "secret");
  await symlink("../secret", join(server.home, "rel"));
  await symlink(join(server.root, "secret"), join(server.home, "abs"));
  await symlink("..", join(server.home, "up"));
  await symlink("loop", join(server.home, "loop"));
  for (const path of ["../secret", "a/../../secret", "rel", "abs", "up/secret", "/etc/passwd", "/ext/../secret"]) {
    const read = await server.fetch(`/api/files/read?path=${q(path)}`);
    expect({ path, status: read.status, ...(await json(read, read.status)) }).toMatchObject({ path, status: 403 });
    const write = await server.fetch(`/api/files/write?path=${q(path)}`, { method: "PUT", body: "no" });
    expect({ path, status: write.status }).toEqual({ path, status: 403 });
  }
  expect((await server.fetch("/raw/up/secret")).status).toBe(403);
  expect((await server.fetch("/raw/%2e%2e%2fsecret")).status).toBe(400);
  expect((await json(await server.fetch("/api/files/read?path=loop"), 400)).error).toContain("circle");
  await writeFile(join(server.home, "fine"), "fine");
  expect(await (await server.fetch(`/api/files/read?path=${q(join(server.home, "fine"))}`)).text()).toBe("fine");
  expect(await readFile(join(server.root, "secret"), "utf8")).toBe("secret");
});

test("a folder swapped for a link while files are written into it never leads out", async () => {
  const server = await startProjectServer(newLife());
  const outside = join(server.root, "outside");
  await mkdir(outside);
  await mkdir(join(server.home, "real"));
  const at = (name: string) => join(server.home, name);
  await mkdir(at("d"));
  let swapping = true;
  const swap = (async () => {
    while (swapping) {
      await rename(at("d"), at("aside"));
      await symlink(outside, at("d"));
      await unlink(at("d"));
      await rename(at("aside"), at("d"));
    }
  })();
  const statuses = new Set<number>();
  for (let index = 0; index < 150; index++) {
    const response = await server.fetch(`/api/files/write?path=d/f${index}`, { method: "PUT", body: "x" });
    statuses.add(response.status);
    await response.arrayBuffer();
  }
  swapping = false;
  await swap;
  expect(await readdir(outside)).toEqual([]);
  expect(statuses).toContain(200);
  for (const status of statuses) expect([200, 400, 403, 404]).toContain(status);
});

test("only callers whom a hub vouches for get in, by HTTP and by socket", async () => {
  const life = newLife();
  const server = await startProjectServer(life, { env: { BASE_PATH: "/cocalc" } });
  expect((await fetch(`${server.origin}/health`)).status).toBe(200);
  expect((await fetch(`${server.url}/api/files/list`)).status).toBe(401);
  expect((await server.fetch("/api/files/list")).status).toBe(200);
  const now = Math.floor(Date.now() / 1_000);
  const wrong = [
    { aud: "11111111-1111-4111-8111-111111111111" },
    { iat: now - 120, exp: now - 60 },
    { iat: now, exp: now + 3_600 },
    { iss: "someone" as "cocalc-hub" },
  ];
  for (const claims of wrong) {
    expect((await server.fetch("/api/files/list", {}, claims)).status).toBe(401);
    await expect(server.connect(claims)).rejects.toThrow();
  }
  const client = await server.connect({ name: "Grace" });
  expect(client.hello).toMatchObject({ project_id: server.projectId, name: "Grace", home: server.home });
  const stranger = await startProjectServer(life);
  const forged = await stranger.hub.assertion({ aud: server.projectId });
  const refused = await fetch(`${server.url}/api/files/list`, { headers: { [ASSERTION_HEADER]: forged } });
  expect(refused.status).toBe(401);
  expect((await fetch(`${server.url}/api/socket/?EIO=4&transport=polling`)).status).toBe(401);
});

test("a file that may not leave its folder does not stand in two after it was to be moved", async () => {
  const life = newLife();
  const root = await temporaryFolder(life, "project");
  for (const folder of ["from", "to"]) await mkdir(join(root, folder));
  const at = (path: string) => Buffer.from(join(root, path));
  await writeFile(at("from/a"), "a");
  for (const [path, mode] of Object.entries({ "": 0o755, to: 0o777, "from/a": 0o666, from: 0o555 }))
    await chmod(at(path), mode);
  const isRoot = process.geteuid?.() === 0; // who may do anything
  if (isRoot) process.seteuid?.(65_534);
  try {
    await expect(moveWithoutReplacing(at("from/a"), at("to/a"))).rejects.toThrow("EACCES");
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
  expect([await readdir(at("from")), await readdir(at("to"))]).toEqual([["a"], []]);
  await chmod(at("from"), 0o755);
});

test("a home that cannot be written to is read, and says why it is not written", async () => {
  const server = await startProjectServer(newLife(), { env: { HOME: "/proc/self" } });
  const { writable } = await json(await server.fetch("/api/files/list?path=&limit=10"));
  expect(writable).toBe(false);
  const refused = await server.fetch("/api/files/write?path=x", { method: "PUT", body: "x" });
  expect(refused.status).toBeGreaterThanOrEqual(400);
  expect((await refused.json()).code).not.toBe("internal");
});

test("a watched folder tells of changes, a second watch replaces the first", async () => {
  const server = await startProjectServer(newLife());
  await mkdir(join(server.home, "w"));
  const client = await server.connect();
  const told: string[] = [];
  client.socket.on("folder_changed", ({ path }) => void told.push(path));
  await client.ask("watch_folder", { path: "w" });
  await writeFile(join(server.home, "w/x"), "1");
  await until(() => told.length > 0);
  expect(told).toEqual(["w"]);
  await client.ask("watch_folder", { path: "" });
  const changed = once(client.socket as never, "folder_changed");
  await writeFile(join(server.home, "y"), "1");
  await changed;
  expect(told.at(-1)).toBe("");
});
