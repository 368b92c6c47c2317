/** Every odd name through everything that the file API does: none is lost, changed or taken for another. */

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { extract } from "tar-stream";
import { toWire } from "../../../src/files/places.ts";
import type { FileEntry } from "../../../src/protocol/project-files.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { ODD_NAMES } from "../../../test/helpers/odd-names.ts";
import { startProjectServer, type TestProjectServer } from "../../../test/helpers/project-server.ts";

const newLife = testLives();
const ADA = { sub: "3f0e6c0a-0d5c-4d2e-9c8b-000000000001" };
const q = encodeURIComponent;
const at = ({ home }: TestProjectServer, folder: string, name: Buffer) =>
  Buffer.concat([Buffer.from(`${home}/${folder}/`), name]);
const sorted = (names: readonly Buffer[]) => [...names].sort(Buffer.compare).map((name) => name.toString("latin1"));
const NAMES = ODD_NAMES.map(({ bytes }) => bytes);

async function withOddFiles() {
  const server = await startProjectServer(newLife());
  await mkdir(`${server.home}/odd`);
  for (const [index, name] of NAMES.entries()) await writeFile(at(server, "odd", name), `${index}`);
  const post = async (command: string, body: object) => {
    const response = await server.fetch(`/api/files/${command}`, { method: "POST", body: JSON.stringify(body) });
    return { status: response.status, answer: await response.json() };
  };
  return { server, post, there: async (folder: string) => sorted(await readdir(`${server.home}/${folder}`, "buffer")) };
}

test("odd names are listed, told of, read, also raw, and downloaded under a header that says one thing", async () => {
  const { server } = await withOddFiles();
  const { entries } = await (await server.fetch("/api/files/list?path=odd")).json();
  expect((entries as FileEntry[]).map(({ name }) => name).sort()).toEqual(NAMES.map(toWire).sort());
  for (const [index, name] of NAMES.entries()) {
    const path = `odd/${toWire(name)}`;
    expect(await (await server.fetch(`/api/files/stat?path=${q(path)}`)).json()).toMatchObject({ name: toWire(name) });
    const read = await server.fetch(`/api/files/read?path=${q(path)}&download=1`);
    expect(await read.text()).toBe(`${index}`);
    expect(read.headers.get("content-disposition")).toMatch(
      /^attachment; filename="[\x20-\x7e]*"; filename\*=UTF-8''[\w.~!#$&+^`|%-]+$/,
    );
    const raw = [...name].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
    expect(await (await server.fetch(`/raw/odd/${raw}`)).text()).toBe(`${index}`);
  }
});

test("odd names are written, renamed, copied, moved into odd folders, deleted and restored", async () => {
  const { server, post, there } = await withOddFiles();
  for (const name of NAMES) {
    const wire = toWire(name);
    const written = await server.fetch(`/api/files/write?mkdir=1&path=${q(`new/${wire}/${wire}`)}`, {
      method: "PUT",
      body: wire,
    });
    expect(await written.json()).toMatchObject({ name: wire });
    const from = `odd/${wire}`;
    expect((await post("rename", { from, to: `new/${wire}/moved` })).status).toBe(200);
    expect((await post("copy", { from: `new/${wire}/moved`, to: from })).answer.name).toBe(wire);
  }
  expect(await there("odd")).toEqual(sorted(NAMES));
  expect(await there("new")).toEqual(sorted(NAMES));
  const { answer } = await post("delete", { paths: NAMES.map((name) => `odd/${toWire(name)}`) });
  expect(await there("odd")).toEqual([]);
  const { items } = await (await server.fetch("/api/files/trash")).json();
  expect(items.map(({ path }: { path: string }) => path).sort()).toEqual(
    NAMES.map((name) => `odd/${toWire(name)}`).sort(),
  );
  await post("restore", { ids: answer.trashed });
  expect(await there("odd")).toEqual(sorted(NAMES));
});

test("odd names are uploaded in parts, beside one another", async () => {
  const { server, there } = await withOddFiles();
  for (const name of NAMES) {
    const address = (offset: number) =>
      `/api/files/upload?mkdir=1&size=4&key=odd-name-key&offset=${offset}&path=${q(`parts/${toWire(name)}`)}`;
    expect((await server.fetch(address(0), { method: "PUT", body: "ab" }, ADA)).status).toBe(200);
    expect((await server.fetch(address(2), { method: "PUT", body: "cd" }, ADA)).status).toBe(200);
    expect(await readFile(at(server, "parts", name), "utf8")).toBe("abcd");
  }
  expect(await there("parts")).toEqual(sorted(NAMES));
});

test("in an archive no two odd names are one, and none leads out", async () => {
  const { server } = await withOddFiles();
  const names: string[] = [];
  const tar = extract();
  tar.on("entry", ({ name }, stream, next) => {
    names.push(name);
    stream.on("end", next).resume();
  });
  const response = await server.fetch("/api/files/archive?path=odd&format=tar");
  const ended = new Promise<void>((resolve) => tar.once("finish", () => resolve()));
  tar.end(Buffer.from(await response.arrayBuffer()));
  await ended;
  expect(new Set(names).size).toBe(NAMES.length + 1);
  for (const name of names.filter((one) => one !== "odd")) expect(name).toMatch(/^odd\/[^/]+$/s);
  expect((await server.fetch("/api/files/archive?path=odd&format=zip")).status).toBe(200);
});

test("a document of an odd name is that file's, and saved to it", async () => {
  const { server, there } = await withOddFiles();
  const client = await server.connect();
  for (const name of NAMES) {
    const path = `odd/${toWire(name)}`;
    expect((await client.ask("document_open", { path })).exists).toBe(true);
    await client.ask("document_save", { path });
    await client.ask("document_close", { path });
  }
  expect(await there("odd")).toEqual(sorted(NAMES));
});
