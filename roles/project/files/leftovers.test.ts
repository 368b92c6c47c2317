/** What a killed server left of an upload, a copy or a save is removed at the next start, and nothing else is. */

import { execFile } from "node:child_process";
import { link, mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { ASSERTION_HEADER } from "../../../src/protocol/assertion.ts";
import { temporaryFolder } from "../../../test/helpers/folder.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { openTestDocument } from "../../../test/helpers/project-document.ts";
import { startProjectProcess } from "../../../test/helpers/project-process.ts";
import { startProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";

const newLife = testLives();
const HOUR_AGO = new Date(Date.now() - 3_600_000);
const hidden = async (folder: string) => (await readdir(folder)).filter((name) => /^\.cocalc-/.test(name));

/** A server that is killed in the middle of an upload into `d`. */
async function killedWhileUploading() {
  const life = newLife();
  const root = await temporaryFolder(life, "project");
  const server = await startProjectProcess(life, { root });
  const folder = join(server.home, "d");
  await mkdir(folder);
  const assertion = await server.hub.assertion({ aud: server.projectId });
  const upload = httpRequest(`${server.url}/api/files/write?path=d/big`, {
    method: "PUT",
    headers: { [ASSERTION_HEADER]: assertion, "content-length": "1000000" },
  });
  upload.on("error", () => {}); // the server is killed
  upload.write("a part");
  const [name = ""] = await until(async () => {
    const names = await hidden(folder);
    return names.length === 1 && names;
  });
  await server.end("SIGKILL");
  const notes = join(server.home, ".cocalc/temporary");
  expect(await readdir(notes)).toEqual([name]);
  const startAgain = () => startProjectServer(life, { root, projectId: server.projectId, hub: server.hub });
  return { life, folder, notes, name, startAgain, home: server.home };
}

test("an upload cut by kill -9 leaves no hidden file for ever", async () => {
  const { folder, notes, name, startAgain } = await killedWhileUploading();
  await utimes(join(notes, name), HOUR_AGO, HOUR_AGO);
  await startAgain();
  await until(async () => (await readdir(notes)).length === 0);
  expect(await hidden(folder)).toEqual([]);
});

test("a temporary file whose server may be alive, and files of other names, are left alone", async () => {
  const { folder, notes, name, home, startAgain } = await killedWhileUploading();
  await writeFile(join(home, "mine"), "");
  const evil = {
    [`.cocalc-upload-${"0".repeat(16)}`]: "../../x",
    [`.cocalc-copy-${"1".repeat(16)}`]: "/etc/x",
    mine: "mine",
  };
  for (const [file, path] of Object.entries(evil)) {
    await writeFile(join(notes, file), JSON.stringify({ path, last: "keep" }));
    await utimes(join(notes, file), HOUR_AGO, HOUR_AGO);
  }
  await startAgain();
  await until(async () => (await readdir(notes)).length === 2);
  expect((await readdir(notes)).sort()).toEqual([name, "mine"].sort());
  expect(await hidden(folder)).toEqual([name]);
  expect(await readdir(home)).toContain("mine");
});

/** A folder `d` of many files that is being replaced by the folder `new` of one, by a server that is killed at that moment. */
async function killedWhileReplacing() {
  const life = newLife();
  const root = await temporaryFolder(life, "project");
  const server = await startProjectProcess(life, { root });
  const names = Array.from({ length: 3_000 }, (_, index) => `${index}`).sort();
  const at = (path: string) => join(server.home, path);
  for (const folder of ["d", "new"]) await mkdir(at(folder));
  await Promise.all(names.map((name) => writeFile(at(`d/${name}`), "")));
  await writeFile(at("new/one"), "");
  const replacing = { method: "POST", body: JSON.stringify({ from: "new", to: "d", overwrite: true }) };
  server.fetch("/api/files/copy", replacing).catch(() => {}); // the server is killed
  await until(async () => (await readdir(at("d")).catch(() => [])).length < names.length);
  await server.end("SIGKILL");
  const notes = at(".cocalc/temporary");
  for (const name of await readdir(notes)) await utimes(join(notes, name), HOUR_AGO, HOUR_AGO);
  await startProjectServer(life, { root, projectId: server.projectId, hub: server.hub });
  await until(async () => (await readdir(notes)).length === 0);
  return { home: server.home, names, now: (await readdir(at("d"))).sort() };
}

test("a folder whose replacing was cut by kill -9 is wholly the old one or wholly the new one", async () => {
  const { home, names, now } = await killedWhileReplacing();
  expect([names.join(), "one"]).toContain(now.join());
  expect(await hidden(home)).toEqual([]);
});

test.each([
  { cut: "before the new one came", files: { copy: "new", aside: "old" }, left: { d: "old" } },
  { cut: "after the new one came", files: { aside: "old", d: "new" }, left: { d: "new" } },
  {
    cut: "before the new one came, and somebody has made another since",
    files: { copy: "new", aside: "old", d: "mine" },
    left: { d: "mine", "d.replaced-0123456789abcdef": "old" },
  },
])("a replacing cut $cut loses nothing that is not replaced", async ({ files, left }) => {
  const life = newLife();
  const root = await temporaryFolder(life, "project");
  const home = join(root, "home");
  const notes = join(home, ".cocalc/temporary");
  await mkdir(notes, { recursive: true });
  const id = "0123456789abcdef";
  for (const [name, content] of Object.entries(files)) {
    const folder = join(home, name === "d" ? "d" : `.cocalc-${name}-${id}`);
    await mkdir(folder);
    await writeFile(join(folder, content), "");
  }
  const note = join(notes, `.cocalc-copy-${id}`);
  await writeFile(note, JSON.stringify({ path: "d", last: "keep" }));
  await utimes(note, HOUR_AGO, HOUR_AGO);
  await startProjectServer(life, { root });
  await until(async () => (await readdir(notes)).length === 0);
  expect((await readdir(home)).sort()).toEqual([".cocalc", ...Object.keys(left)].sort());
  for (const [name, content] of Object.entries(left)) expect(await readdir(join(home, name))).toEqual([content]);
});

test("finished and failed uploads and copies leave neither a file nor a note", async () => {
  const server = await startProjectServer(newLife());
  expect((await server.fetch("/api/files/write?path=a", { method: "PUT", body: "a" })).status).toBe(200);
  const copy = (to: string) =>
    server.fetch("/api/files/copy", { method: "POST", body: JSON.stringify({ from: "a", to }) });
  expect((await copy("b")).status).toBe(200);
  expect((await copy("b")).status).toBe(409);
  await promisify(execFile)("mkfifo", [join(server.home, "pipe")]);
  const pipe = JSON.stringify({ from: "pipe", to: "c" });
  expect((await server.fetch("/api/files/copy", { method: "POST", body: pipe })).status).toBe(400);
  expect(await hidden(server.home)).toEqual([]);
  expect(await readdir(join(server.home, ".cocalc/temporary"))).toEqual([]);
});

test("what a save cut by kill -9 left is removed when the document is opened", async () => {
  const server = await startProjectServer(newLife());
  await writeFile(join(server.home, "a.txt"), "x");
  const client = await server.connect();
  const document = await openTestDocument(client, "a.txt");
  const { createHash } = await import("node:crypto");
  const name = `.cocalc-save-${createHash("sha256").update("b.txt").digest("hex").slice(0, 16)}`;
  await writeFile(join(server.home, name), "half");
  await openTestDocument(client, "b.txt");
  expect(await hidden(server.home)).toEqual([]);
  expect(document.text).toBe("x");
});

test("an upload over a file with two names that was cut by kill -9 is finished at the next start", async () => {
  const life = newLife();
  const root = await temporaryFolder(life, "project");
  const server = await startProjectProcess(life, { root });
  const [file, writings] = [join(server.home, "a"), join(server.home, ".cocalc/in-place")];
  const size = 64_000_000;
  await writeFile(file, Buffer.alloc(size, "old "));
  await link(file, join(server.home, "b"));
  const body = new Uint8Array(Buffer.alloc(size, "new "));
  server.fetch("/api/files/write?path=a", { method: "PUT", body }).catch(() => {}); // the server is killed
  await until(
    async () => {
      const [writing] = await readdir(writings).catch(() => []);
      return (
        writing !== undefined &&
        (await readdir(join(writings, writing)).catch((): string[] => [])).includes("note.json")
      );
    },
    { timeoutMs: 60_000, everyMs: 1 },
  );
  await server.end("SIGKILL");
  await startProjectServer(life, { root, projectId: server.projectId, hub: server.hub });
  expect((await readFile(join(server.home, "b"))).equals(Buffer.from(body))).toBe(true);
  expect(await readdir(writings)).toEqual([]);
});
