/** Files that somebody made, or changes, so that whoever reads or takes them is harmed. */

import { execFile } from "node:child_process";
import type { BigIntStats } from "node:fs";
import { mkdir, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { extract } from "tar-stream";
import { toEntry } from "../../../src/files/entry.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { startProjectServer, type TestProjectServer } from "../../../test/helpers/project-server.ts";

const newLife = testLives();

/** The names in a zip, out of its directory, as they stand there. */
function namesInZip(zip: Buffer): string[] {
  const names: string[] = [];
  for (let at = zip.indexOf("PK\x01\x02", 0, "latin1"); at >= 0; at = zip.indexOf("PK\x01\x02", at + 46, "latin1"))
    names.push(zip.toString("utf8", at + 46, at + 46 + zip.readUInt16LE(at + 28)));
  return names;
}

async function namesInTar(tar: Buffer): Promise<string[]> {
  const names: string[] = [];
  const reader = extract();
  reader.end(tar);
  for await (const entry of reader) {
    names.push(entry.header.name);
    entry.resume();
  }
  return names;
}

async function archive(server: TestProjectServer, format: "zip" | "tar", path: string): Promise<Buffer> {
  const response = await server.fetch(`/api/files/archive?path=${path}&format=${format}`);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

test("whoever unpacks a folder of somebody else gets nothing beside it, and nothing through a link of it", async () => {
  const server = await startProjectServer(newLife());
  const at = (name: string | Buffer) => Buffer.concat([Buffer.from(`${server.home}/z/`), Buffer.from(name)]);
  await mkdir(join(server.home, "z"));
  await writeFile(at("..\\..\\..\\evil.txt"), "");
  await writeFile(at("100%"), "");
  // Unpacked in this order, the key would be written through the link, were both called alike.
  for (const [link, folder] of [
    ["%ff", Buffer.from([0xff])],
    ["%5c", "\\"],
  ] as const) {
    await symlink("/home/victim/.ssh", at(link));
    await mkdir(at(folder));
    await writeFile(Buffer.concat([at(folder), Buffer.from("/authorized_keys")]), "");
  }
  const inZip = namesInZip(await archive(server, "zip", "z"));
  expect(inZip).toHaveLength(9);
  for (const name of inZip) expect(name).not.toMatch(/\.\.[/\\]|\\|^[^z]/);
  expect(inZip).toContain("z/..%5c..%5c..%5cevil.txt");
  expect(inZip).toContain("z/100%");
  for (const names of [inZip, await namesInTar(await archive(server, "tar", "z"))]) {
    const paths = names.map((name) => name.replace(/\/$/, ""));
    expect(new Set(paths).size).toBe(paths.length);
  }
});

test("a folder of more pipes than anybody reads of makes no list of all of them", async () => {
  const server = await startProjectServer(newLife());
  await mkdir(join(server.home, "d"));
  const pipes = Array.from({ length: 1_200 }, (_, index) => join(server.home, `d/${index}`));
  await promisify(execFile)("mkfifo", pipes);
  const reader = extract();
  reader.end(await archive(server, "tar", "d"));
  const texts: string[] = [];
  for await (const entry of reader) {
    if (entry.header.name !== "NOT-INCLUDED.txt") entry.resume();
    else for await (const chunk of entry) texts.push(String(chunk));
  }
  expect(texts.join("").match(/a pipe, socket or device/g)).toHaveLength(1_000);
});

test("two things of one name are not put into one archive, where one would take the other's place", async () => {
  const server = await startProjectServer(newLife());
  for (const folder of ["a", "b"]) {
    await mkdir(join(server.home, folder));
    await writeFile(join(server.home, folder, "notes.md"), folder);
  }
  const response = await server.fetch("/api/files/archive?path=a/notes.md&path=b/notes.md");
  expect([response.status, await response.json()]).toMatchObject([400, { code: "invalid" }]);
});

test("who reads a file that is cut off meanwhile does not wait for the rest, nor takes it for whole", async () => {
  const server = await startProjectServer(newLife());
  const path = join(server.home, "log");
  await writeFile(path, Buffer.alloc(40_000_000));
  const reader = (await server.fetch("/raw/log")).body?.getReader();
  await reader?.read();
  await truncate(path, 10);
  const readOn = async () => {
    while ((await reader?.read())?.done === false);
  };
  await expect(readOn()).rejects.toThrow();
});

test("a time that no calendar holds hides no folder", () => {
  const stats = { mtimeMs: 90_000_000_000_000_000n, mode: 0n, size: 0n, ino: 1n, mtimeNs: 0n, ctimeNs: 0n };
  const kinds = { isSymbolicLink: () => false, isFile: () => true, isDirectory: () => false };
  const entryAt = (mtimeMs: bigint) => toEntry("a", { ...stats, ...kinds, mtimeMs } as unknown as BigIntStats); // what is read of it
  expect(entryAt(stats.mtimeMs).modified).toBe("9999-12-31T23:59:59.000Z");
  expect(entryAt(-stats.mtimeMs).modified).toBe("0001-01-01T00:00:00.000Z");
});
