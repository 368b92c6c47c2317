/** Uploads over HTTP: what is there is not replaced by surprise, and what was cut goes on where it was. */

import { once } from "node:events";
import { link, mkdir, readdir, readFile, rm, stat, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { listAttributes, setAttribute } from "@napi-rs/xattr";
import { ASSERTION_HEADER } from "../../../src/protocol/assertion.ts";
import { temporaryFolder } from "../../../test/helpers/folder.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { startProjectServer, type TestProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";

const newLife = testLives();

const ADA = { sub: "3f0e6c0a-0d5c-4d2e-9c8b-000000000001" };
const BOB = { sub: "3f0e6c0a-0d5c-4d2e-9c8b-000000000002", name: "Bob" };
const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 31 + (index >> 8)) % 251));
const NEW = { "If-None-Match": "*" };

interface Asked {
  path?: string;
  offset?: number;
  body?: Uint8Array;
  headers?: Record<string, string>;
  claims?: { sub: string };
  trash?: boolean;
}

const address = ({ path = "big.bin", offset, trash }: Asked) =>
  `/api/files/upload?${new URLSearchParams({
    path,
    key: "big-file-key",
    size: String(CONTENT.length),
    ...(offset !== undefined && { offset: String(offset), mkdir: "1" }),
    ...(trash && { trash: "1" }),
  })}`;

async function state(server: TestProjectServer, asked: Asked = {}) {
  const response = await server.fetch(address(asked), {}, asked.claims ?? ADA);
  expect(response.status).toBe(200);
  return response.json();
}

async function part(server: TestProjectServer, asked: Asked & { offset: number }) {
  const { body = CONTENT.subarray(asked.offset), headers = NEW, claims = ADA } = asked;
  const response = await server.fetch(address(asked), { method: "PUT", body: new Uint8Array(body), headers }, claims);
  return { status: response.status, answer: await response.json() };
}

async function putWhole(server: TestProjectServer, headers: Record<string, string>) {
  const put = { method: "PUT", body: new Uint8Array(CONTENT), headers };
  const response = await server.fetch("/api/files/write?path=big.bin&trash=1", put);
  return { status: response.status, answer: await response.json() };
}

/** Sends some of a part and then nothing: the other end of a dead connection. */
async function beginPart(server: TestProjectServer, { offset, bytes }: { offset: number; bytes: number }) {
  const assertion = await server.hub.assertion({ aud: server.projectId, ...ADA });
  const request = httpRequest(`${server.url}${address({ offset })}`, {
    method: "PUT",
    headers: { [ASSERTION_HEADER]: assertion, "Content-Length": CONTENT.length - offset, ...NEW },
  });
  request.on("error", () => {});
  request.write(CONTENT.subarray(offset, offset + bytes));
  await until(async () => (await sizeOfPart(server)) === offset + bytes);
  return request;
}

async function sizeOfPart({ home }: TestProjectServer): Promise<number> {
  const name = (await readdir(home)).find((one) => one.startsWith(".cocalc-part-"));
  return name === undefined ? 0 : (await stat(join(home, name))).size;
}

test("an upload that was cut goes on where it was cut, and the file is whole", async () => {
  const server = await startProjectServer(newLife());
  expect(await state(server)).toEqual({ offset: 0, existing: null, openBy: [] });
  const request = await beginPart(server, { offset: 0, bytes: 240_000 });
  request.destroy();
  await until(async () => (await state(server)).offset === 240_000);
  expect(await readdir(server.home)).not.toContain("big.bin");
  const { status, answer } = await part(server, { offset: 240_000 });
  expect({ status, answer }).toMatchObject({ status: 200, answer: { offset: 300_000, entry: { size: 300_000 } } });
  expect((await readFile(join(server.home, "big.bin"))).equals(CONTENT)).toBe(true);
  expect(await sizeOfPart(server)).toBe(0);
  expect(await readdir(join(server.home, ".cocalc", "uploads"))).toEqual([]);
});

test("a later part takes over from one whose connection is dead without a word", async () => {
  const server = await startProjectServer(newLife());
  await beginPart(server, { offset: 0, bytes: 100_000 });
  expect((await state(server)).offset).toBe(100_000);
  expect(await part(server, { offset: 100_000 })).toMatchObject({ status: 200, answer: { offset: 300_000 } });
  expect((await readFile(join(server.home, "big.bin"))).equals(CONTENT)).toBe(true);
});

test("an upload goes on after a restart of the server, from what is on the disk for sure", async () => {
  const root = await temporaryFolder(newLife(), "project");
  const life = newLife();
  const first = await startProjectServer(life, { root });
  await part(first, { offset: 0, body: CONTENT.subarray(0, 200_000) });
  await life.stop();
  const { hub, projectId } = first;
  const second = await startProjectServer(newLife(), { root, hub, projectId });
  expect((await state(second)).offset).toBe(200_000);
  expect(await part(second, { offset: 200_000 })).toMatchObject({ status: 200 });
  expect((await readFile(join(second.home, "big.bin"))).equals(CONTENT)).toBe(true);
});

test("bytes that nobody knows to be on the disk are sent again after a crash", async () => {
  const root = await temporaryFolder(newLife(), "project");
  const life = newLife();
  const first = await startProjectServer(life, { root });
  await part(first, { offset: 0, body: CONTENT.subarray(0, 100_000) });
  await life.stop();
  const name = (await readdir(first.home)).find((one) => one.startsWith(".cocalc-part-")) ?? "";
  await truncate(join(first.home, name), 250_000); // a length that reached the disk before its bytes
  const { hub, projectId } = first;
  const second = await startProjectServer(newLife(), { root, hub, projectId });
  expect((await state(second)).offset).toBe(100_000);
  await part(second, { offset: 100_000 });
  expect((await readFile(join(second.home, "big.bin"))).equals(CONTENT)).toBe(true);
});

test("an upload never replaces a file without a word, neither whole nor in parts", async () => {
  const server = await startProjectServer(newLife());
  await writeFile(join(server.home, "big.bin"), "a colleague's");
  const whole = await server.fetch("/api/files/write?path=big.bin", { method: "PUT", body: "mine", headers: NEW });
  expect(whole.status).toBe(412);
  expect(await part(server, { offset: 0 })).toMatchObject({ status: 412, answer: { code: "precondition_failed" } });
  expect(await sizeOfPart(server)).toBe(0); // refused before anything was taken
  expect(await readFile(join(server.home, "big.bin"), "utf8")).toBe("a colleague's");
});

test("a file that appears while another is uploaded stays; keeping both sends nothing again", async () => {
  const server = await startProjectServer(newLife());
  await part(server, { offset: 0, body: CONTENT.subarray(0, 200_000) });
  await part(server, { offset: 200_000, body: CONTENT.subarray(200_000, 299_999) });
  await writeFile(join(server.home, "big.bin"), "just made");
  expect(await part(server, { offset: 299_999 })).toMatchObject({ status: 412 });
  const told = await state(server);
  expect(told).toMatchObject({ offset: 299_999, existing: { kind: "file", size: 9 } });
  const both = await part(server, { path: "big (2).bin", offset: 299_999 });
  expect(both).toMatchObject({ status: 200, answer: { entry: { name: "big (2).bin", size: 300_000 } } });
  expect(await readFile(join(server.home, "big.bin"), "utf8")).toBe("just made");
});

test("what an upload replaces, with what is typed into it and not saved yet, is in the trash", async () => {
  const server = await startProjectServer(newLife());
  await writeFile(join(server.home, "big.bin"), "old", { mode: 0o640 });
  const { etag } = (await state(server)).existing;
  const answer = await part(server, { offset: 0, headers: { "If-Match": `"${etag}"` }, trash: true });
  expect(answer).toMatchObject({ status: 200, answer: { entry: { mode: 0o640 } } });
  const { items } = await (await server.fetch("/api/files/trash")).json();
  expect(items).toMatchObject([{ path: "big.bin", kind: "file", size: 3, by: { account_id: ADA.sub } }]);
  const restored = await server.fetch("/api/files/restore", {
    method: "POST",
    body: JSON.stringify({ ids: [items[0].id] }),
  });
  expect(await restored.json()).toMatchObject({ restored: [{ path: "big (restored).bin" }] });
  expect(await readFile(join(server.home, "big (restored).bin"), "utf8")).toBe("old");
});

test.each([
  [
    "in parts",
    (server: TestProjectServer, headers: Record<string, string>) => part(server, { offset: 0, headers, trash: true }),
  ],
  ["whole", putWhole],
])("an upload %s over a file with two names keeps both, and the trash what was there", async (_, upload) => {
  const server = await startProjectServer(newLife());
  const [file, other] = [join(server.home, "big.bin"), join(server.home, "other.bin")];
  await writeFile(file, "old", { mode: 0o640 });
  await link(file, other);
  const { etag } = (await state(server)).existing;
  const { status, answer } = await upload(server, { "If-Match": `"${etag}"` });
  expect(status).toBe(200);
  const { inPlace, ...entry } = answer.entry ?? answer;
  expect(inPlace).toContain("hard links"); // it is said, as a save says it
  expect(await stat(file)).toMatchObject({ ino: (await stat(other)).ino, nlink: 2, mode: 0o100640 });
  expect((await readFile(other)).equals(CONTENT)).toBe(true);
  expect((await state(server)).existing).toEqual(entry);
  expect(await sizeOfPart(server)).toBe(0);
  const { items } = await (await server.fetch("/api/files/trash")).json();
  expect(await readFile(join(server.home, ".cocalc", "trash", items[0].id, "content"), "utf8")).toBe("old");
});

test("what an upload replaces leaves its attributes to what takes its place", async () => {
  const server = await startProjectServer(newLife());
  const file = join(server.home, "big.bin");
  await writeFile(file, "old", { mode: 0o604 });
  await setAttribute(file, "user.note", "mine").catch(() => {}); // a file system without them has none to lose
  const attributes = await listAttributes(file);
  for (const upload of [
    putWhole,
    (...[to, headers]: Parameters<typeof putWhole>) => part(to, { offset: 0, headers }),
  ]) {
    const { etag } = (await state(server)).existing;
    const before = await stat(file);
    expect(await upload(server, { "If-Match": `"${etag}"` })).toMatchObject({ status: 200 });
    const { ino, mode } = await stat(file);
    expect({ mode, attributes: await listAttributes(file) }).toEqual({ mode: before.mode, attributes });
    expect(ino).not.toBe(before.ino);
  }
});

test("a file that others edit is told of with their names, and becomes an edit of theirs when it is replaced", async () => {
  const server = await startProjectServer(newLife());
  await writeFile(join(server.home, "big.bin"), "text");
  const bob = await server.connect(BOB);
  await bob.ask("document_open", { path: "./big.bin" });
  expect(await state(server)).toMatchObject({ openBy: [{ account_id: BOB.sub, name: "Bob" }] });
  const updated = once(bob.socket as never, "document_update");
  const put = await server.fetch("/api/files/write?path=big.bin&trash=1", {
    method: "PUT",
    body: "text and more",
    headers: { "If-Match": "*" },
  });
  expect(put.status).toBe(200);
  await updated;
});

test("parts are their owner's: another member begins anew, and sees none of them", async () => {
  const server = await startProjectServer(newLife());
  await part(server, { offset: 0, body: CONTENT.subarray(0, 1_000) });
  expect((await state(server, { claims: BOB })).offset).toBe(0);
  const uploads = async (claims: { sub: string }) =>
    (await (await server.fetch("/api/files/uploads", {}, claims)).json()).uploads;
  expect(await uploads(ADA)).toMatchObject([{ path: "big.bin", size: 300_000, offset: 1_000 }]);
  expect(await uploads(BOB)).toEqual([]);
  const dropped = await server.fetch(address({}), { method: "DELETE" }, ADA);
  expect(dropped.status).toBe(200);
  expect(await uploads(ADA)).toEqual([]);
  expect(await sizeOfPart(server)).toBe(0);
});

test("parts of which nothing came for days are removed when the server starts, wherever they are", async () => {
  const root = await temporaryFolder(newLife(), "project");
  const life = newLife();
  const first = await startProjectServer(life, { root });
  await part(first, { path: "/tmp/deep/big.bin", offset: 0, body: CONTENT.subarray(0, 1_000) });
  await part(first, { offset: 0, body: CONTENT.subarray(0, 1_000) });
  await life.stop();
  const notes = join(first.home, ".cocalc", "uploads");
  const [one] = (
    await Promise.all(
      (await readdir(notes)).map(async (name) => [name, await readFile(join(notes, name), "utf8")] as const),
    )
  ).filter(([, text]) => text.includes("/tmp/deep"));
  await utimes(join(notes, one?.[0] ?? ""), 0, 0);
  const { hub, projectId } = first;
  const second = await startProjectServer(newLife(), { root, hub, projectId });
  await until(async () => (await readdir(join(root, "tmp", "deep"))).length === 0);
  expect((await state(second)).offset).toBe(1_000); // a young one stays
});

test("a part that is too early, too long or for another place is refused in words, and what is here stays", async () => {
  const server = await startProjectServer(newLife());
  await part(server, { offset: 0, body: CONTENT.subarray(0, 1_000) });
  expect(await part(server, { offset: 2_000 })).toMatchObject({ status: 409 });
  expect(await part(server, { offset: 1_000, body: CONTENT })).toMatchObject({ status: 400 });
  await mkdir(join(server.home, "folder"));
  expect(await part(server, { path: "folder", offset: 1_000, headers: {} })).toMatchObject({ status: 400 });
  await symlink("/etc/out", join(server.home, "out"));
  expect((await part(server, { path: "out", offset: 1_000, headers: {} })).status).toBe(403);
  expect(await part(server, { offset: 1_000 })).toMatchObject({ status: 200 });
  expect((await readFile(join(server.home, "big.bin"))).equals(CONTENT)).toBe(true);
});

test("an upload whose folder was deleted meanwhile begins anew", async () => {
  const server = await startProjectServer(newLife());
  await part(server, { path: "new/folder/big.bin", offset: 0, body: CONTENT.subarray(0, 1_000) });
  await rm(join(server.home, "new"), { recursive: true });
  expect((await state(server, { path: "new/folder/big.bin" })).offset).toBe(0);
  expect(await part(server, { path: "new/folder/big.bin", offset: 0 })).toMatchObject({ status: 200 });
});
