/** Files that a save or an upload must not make others: what only root can make, mounts, other owners, access lists, a full disk. */

import { chown, link, lstat, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { getAttribute, listAttributes, setAttribute } from "@napi-rs/xattr";
import { DocumentStore } from "../../roles/project/documents/document-store.ts";
import { InPlaceJournal } from "../../roles/project/documents/in-place-journal.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { testLives } from "../helpers/life.ts";
import { mount, run } from "../helpers/mount.ts";
import { openTestDocument } from "../helpers/project-document.ts";
import { startProjectServer, type TestProjectServer } from "../helpers/project-server.ts";
import { until } from "../helpers/until.ts";

const newLife = testLives();
/** On a cluster that was given to us whoever runs this may be anybody: then it is skipped, and counted so. */
const testAsRoot = process.getuid?.() === 0 ? test : test.skip;

/** Types into the file, saves it, and tells why it was written in place. */
async function saved(server: TestProjectServer, path: string): Promise<string | undefined> {
  const ada = await openTestDocument(await server.connect(), path);
  ada.insert(0, "more ");
  await ada.client.ask("document_save", { path });
  expect(await readFile(join(server.home, path), "utf8")).toBe(ada.text);
  await until(() => ada.states.at(-1)?.saved === true);
  return ada.states.at(-1)?.inPlace;
}

async function uploaded(server: TestProjectServer, path: string): Promise<void> {
  const put = { method: "PUT", body: "uploaded", headers: { "If-Match": "*" } };
  const response = await server.fetch(`/api/files/write?path=${path}&trash=1`, put);
  expect(response.status).toBe(200);
  expect(await readFile(join(server.home, path), "utf8")).toBe("uploaded");
}

const trashed = (server: TestProjectServer, id: string) =>
  readFile(join(server.home, ".cocalc", "trash", id, "content"), "utf8");

testAsRoot("a file that is a mount is saved and uploaded over, and stays that mount", async () => {
  const server = await startProjectServer(newLife());
  const [file, elsewhere] = [join(server.home, "a.txt"), join(server.root, "elsewhere")];
  await writeFile(elsewhere, "text");
  await writeFile(file, "under the mount");
  await mount(newLife(), file, ["--bind", elsewhere]);
  expect(await saved(server, "a.txt")).toContain("it is mounted");
  expect(await readFile(elsewhere, "utf8")).toBe("more text");
  await uploaded(server, "a.txt");
  expect(await readFile(elsewhere, "utf8")).toBe("uploaded");
  const { items } = await (await server.fetch("/api/files/trash")).json();
  expect(await trashed(server, items[0].id)).toBe("more text");
});

testAsRoot("a file of somebody else's stays theirs", async () => {
  const server = await startProjectServer(newLife());
  const file = join(server.home, "a.txt");
  await writeFile(file, "text", { mode: 0o666 });
  await chown(file, 4_711, 4_711);
  const before = await stat(file);
  expect(await saved(server, "a.txt")).toContain("it belongs to somebody else");
  await uploaded(server, "a.txt");
  const { uid, gid, ino } = await stat(file);
  expect({ uid, gid, ino }).toEqual({ uid: 4_711, gid: 4_711, ino: before.ino });
});

testAsRoot("a file that may be written in a folder that may not is saved", async () => {
  const server = await startProjectServer(newLife());
  const [folder, file] = [join(server.home, "folder"), join(server.home, "folder", "a.txt")];
  await mkdir(folder);
  await writeFile(file, "text");
  await mount(newLife(), folder, ["--bind", folder]);
  await mount(newLife(), file, ["--bind", file]);
  await run("mount", ["-o", "remount,bind,ro", folder]);
  await expect(writeFile(join(folder, "new"), "")).rejects.toThrow("EROFS");
  expect(await saved(server, "folder/a.txt")).toContain("no new file can be made in its folder");
});

/** As `setfacl -m u:4711:rw` makes it: version 2; tag, rights and id of each entry. */
const ACCESS_LIST = Buffer.concat([
  Buffer.of(2, 0, 0, 0),
  ...[
    [1, 6],
    [2, 6, 4_711],
    [4, 4],
    [16, 6],
    [32, 0],
  ].map(([tag = 0, rights = 0, id = 0xffffffff]) => {
    const entry = Buffer.alloc(8);
    entry.writeUInt16LE(tag, 0);
    entry.writeUInt16LE(rights, 2);
    entry.writeUInt32LE(id, 4);
    return entry;
  }),
]);

testAsRoot("access lists and extended attributes stay with a file that is replaced at once", async () => {
  const server = await startProjectServer(newLife());
  const file = join(server.home, "a.txt");
  await writeFile(file, "text");
  await chown(file, -1, 4_711);
  await setAttribute(file, "user.note", "mine");
  await setAttribute(file, "system.posix_acl_access", ACCESS_LIST);
  const facts = async () => {
    const { mode, gid } = await lstat(file);
    const names = (await listAttributes(file)).toSorted();
    return { mode, gid, names, values: await Promise.all(names.map((name) => getAttribute(file, name))) };
  };
  const before = await facts();
  expect(before.names).toEqual(["system.posix_acl_access", "user.note"]);
  const inodes = [(await lstat(file)).ino];
  expect(await saved(server, "a.txt")).toBeUndefined();
  expect(await facts()).toEqual(before);
  inodes.push((await lstat(file)).ino);
  await uploaded(server, "a.txt");
  expect(await facts()).toEqual(before);
  inodes.push((await lstat(file)).ino);
  expect(new Set(inodes).size).toBeGreaterThan(1); // a number may be used again, once it is free
});

testAsRoot("a file without an access list gets none from its folder's, which new files take", async () => {
  const server = await startProjectServer(newLife());
  const file = join(server.home, "a.txt");
  await writeFile(file, "text");
  await setAttribute(server.home, "system.posix_acl_default", ACCESS_LIST);
  expect(await saved(server, "a.txt")).toBeUndefined();
  expect(await listAttributes(file)).toEqual([]);
});

testAsRoot("an upload for which there is no room leaves a file with two names as it was", async () => {
  const root = await temporaryFolder(newLife(), "project");
  const home = join(root, "home");
  await mount(newLife(), home, ["-t", "tmpfs", "-o", "size=2m", "tmpfs"]);
  const server = await startProjectServer(newLife(), { root });
  const [file, other] = [join(home, "a.txt"), join(home, "b.txt")];
  await writeFile(file, "text");
  await link(file, other);
  const body = Buffer.alloc(1_200_000, "x"); // it fits once, and not twice
  const put = { method: "PUT", body, headers: { "If-Match": "*" } };
  expect((await server.fetch("/api/files/write?path=a.txt", put)).status).toBe(507);
  expect(await readFile(other, "utf8")).toBe("text");
});

testAsRoot(
  "a full disk takes nothing from a file that is written in place, nor from its document, and it is not said to be saved",
  async () => {
    const root = await temporaryFolder(newLife(), "project");
    const home = join(root, "home");
    await mount(newLife(), home, ["-t", "tmpfs", "-o", "size=2m", "tmpfs"]);
    const server = await startProjectServer(newLife(), { root });
    const [file, filler] = [join(home, "a.txt"), join(home, "filler")];
    const text = "a line\n".repeat(10_000);
    await writeFile(file, text);
    await link(file, join(home, "b.txt"));
    const ada = await openTestDocument(await server.connect(), "a.txt");
    await writeFile(filler, Buffer.alloc(4_000_000)).catch(() => {}); // as much as there is room for
    ada.insert(0, "more\n".repeat(100_000));
    await until(() => ada.states.at(-1)?.error?.includes("There is no room left on the disk for a.txt") === true);
    for (let again = 0; again < 3; again++) {
      const answer = await ada.client.tryToAsk("document_save", { path: "a.txt" });
      expect(answer).toMatchObject({ ok: false });
    }
    expect(await readFile(file, "utf8")).toBe(text);
    expect(ada.text).toBe("more\n".repeat(100_000) + text);
    expect(ada.states.at(-1)).toMatchObject({
      saved: false,
      error: expect.stringContaining("There is no room left on the disk for a.txt"),
    });
    await rm(filler);
    await until(() => ada.states.at(-1)?.saved === true);
    expect(await readFile(join(home, "b.txt"), "utf8")).toBe(ada.text);
  },
);

testAsRoot(
  "a half written file that may only be read by now is opened as it was meant, and finished when it may be written",
  async () => {
    const root = await temporaryFolder(newLife(), "project");
    const [home, file] = [join(root, "home"), join(root, "home", "a.txt")];
    const [was, becomes] = [Buffer.from("é old old old\n"), Buffer.from("new — new\n")];
    const store = new DocumentStore(home);
    const folder = store.folderOf("home:a.txt");
    await mkdir(folder, { recursive: true });
    await store.markOpen(folder);
    await new InPlaceJournal(folder).begin({ was, becomes });
    await writeFile(file, Buffer.concat([becomes.subarray(0, 5), was.subarray(5)])); // half of the dash
    const half = await readFile(file);
    await mount(newLife(), file, ["--bind", "-o", "ro", file]);
    const server = await startProjectServer(newLife(), { root });
    const ada = await openTestDocument(await server.connect(), "a.txt");
    expect(ada.text).toBe(becomes.toString());
    await until(() => ada.states.at(-1)?.readOnly !== undefined);
    expect(ada.states.at(-1)?.saved).toBe(false);
    expect(await readFile(file)).toEqual(half);
    await run("umount", [file]);
    await until(async () => (await readFile(file)).equals(becomes));
    await until(() => ada.states.at(-1)?.saved === true && ada.states.at(-1)?.error === undefined);
  },
);
