/** Deleting by the file API: it goes to the trash, can be put back, and the hub is told of it. */

import { chmod, lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { idsToRemove, TRASH_LIMITS, tendTrash } from "../../../src/files/trash-bounds.ts";
import { DONE_HEADER, doneInProject, MAX_DONE_LENGTH } from "../../../src/protocol/done-in-project.ts";
import type { TrashItem } from "../../../src/protocol/project-files.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { startProjectServer, type TestProjectServer } from "../../../test/helpers/project-server.ts";

const newLife = testLives();

async function command(server: TestProjectServer, name: string, body: object) {
  const response = await server.fetch(`/api/files/${name}`, { method: "POST", body: JSON.stringify(body) });
  const header = response.headers.get(DONE_HEADER);
  const done = header === null ? undefined : doneInProject.parse(JSON.parse(decodeURIComponent(header)));
  return { status: response.status, answer: await response.json(), done };
}

const items = async (server: TestProjectServer): Promise<TrashItem[]> =>
  (await (await server.fetch("/api/files/trash")).json()).items;

test("what is deleted is in the trash of its own place, and comes back as it was", async () => {
  const server = await startProjectServer(newLife());
  await mkdir(join(server.home, "work", "deep"), { recursive: true });
  await writeFile(join(server.home, "work", "deep", "a"), "A", { mode: 0o600 });
  await symlink("nowhere", join(server.home, "link"));
  await writeFile(join(server.root, "tmp", "t"), "T");
  const { status, answer, done } = await command(server, "delete", { paths: ["work", "link", "/tmp/t"] });
  expect({ status, done }).toEqual({
    status: 200,
    done: { action: "trashed", files: ["work", "link", "/tmp/t"], count: 3 },
  });
  expect((await readdir(server.home)).filter((name) => name !== ".cocalc")).toEqual([]);
  expect(await readdir(join(server.root, "tmp"))).toEqual([".cocalc-trash"]); // the same file system: nothing was copied
  expect((await items(server)).map(({ path, kind }) => [path, kind]).sort()).toEqual([
    ["/tmp/t", "file"],
    ["link", "link"],
    ["work", "folder"],
  ]);
  const restored = await command(server, "restore", { ids: answer.trashed });
  expect(restored).toMatchObject({ status: 200, done: { action: "restored", count: 3 } });
  expect(await readFile(join(server.home, "work", "deep", "a"), "utf8")).toBe("A");
  expect((await lstat(join(server.home, "work", "deep", "a"))).mode & 0o777).toBe(0o600);
  expect(await readlink(join(server.home, "link"))).toBe("nowhere");
  expect(await readFile(join(server.root, "tmp", "t"), "utf8")).toBe("T");
  expect(await items(server)).toEqual([]);
});

test("what comes back never replaces what is there by now, and its folders are made again", async () => {
  const server = await startProjectServer(newLife());
  await mkdir(join(server.home, "f"));
  await writeFile(join(server.home, "f", "a.txt"), "old");
  const one = await command(server, "delete", { paths: ["f/a.txt"] });
  await writeFile(join(server.home, "f", "a.txt"), "new");
  expect((await command(server, "restore", { ids: one.answer.trashed })).answer.restored[0].path).toBe(
    "f/a (restored).txt",
  );
  const all = await command(server, "delete", { paths: ["f/a.txt", "f"] });
  await writeFile(join(server.home, "f"), "a file of the folder's name");
  const back = await command(server, "restore", { ids: [all.answer.trashed[1]] });
  expect(back.answer.restored[0].path).toBe("f (restored)");
  expect((await command(server, "restore", { ids: [all.answer.trashed[1]] })).status).toBe(404);
});

test("emptying the trash and deleting for good leave nothing, and are told", async () => {
  const server = await startProjectServer(newLife());
  for (const name of ["a", "b", "c", "d"]) await writeFile(join(server.home, name), name);
  const { answer } = await command(server, "delete", { paths: ["a", "b", "c"] });
  expect(await command(server, "empty-trash", { ids: [answer.trashed[0]] })).toMatchObject({ answer: { count: 1 } });
  const rest = await command(server, "empty-trash", {});
  expect(rest.done).toEqual({ action: "emptied_trash", files: [], count: 2 });
  expect(await readdir(join(server.home, ".cocalc", "trash"))).toEqual([]);
  const gone = await command(server, "delete", { paths: ["d"], forever: true });
  expect(gone.done).toEqual({ action: "deleted", files: ["d"], count: 1 });
  expect(await items(server)).toEqual([]);
});

test("what the trash cannot take is still there, and said; the rest is deleted", async () => {
  const server = await startProjectServer(newLife());
  await mkdir(join(server.home, ".cocalc", "trash"), { recursive: true });
  await writeFile(join(server.home, "a"), "A");
  const { answer, done } = await command(server, "delete", { paths: ["a", ".cocalc/trash", "missing"] });
  expect(answer.trashed).toHaveLength(1);
  expect(answer.left).toMatchObject([
    { path: ".cocalc/trash", code: "conflict" },
    { path: "missing", code: "not_found" },
  ]);
  expect(done).toEqual({ action: "trashed", files: ["a"], count: 1 });
  expect((await command(server, "delete", { paths: [".cocalc"] })).status).toBe(409);
});

test("a place in which no trash can be made says that only deleting for good is left", async () => {
  const server = await startProjectServer(newLife());
  await writeFile(join(server.root, "data", "a"), "A");
  await writeFile(join(server.root, "data", ".cocalc-trash"), "in the way");
  const refused = await command(server, "delete", { paths: ["/data/a"] });
  expect(refused).toMatchObject({ status: 409, answer: { code: "conflict" } });
  expect(refused.answer.error).toContain("only be deleted for good");
  expect(await readFile(join(server.root, "data", "a"), "utf8")).toBe("A");
  expect((await command(server, "delete", { paths: ["/data/a"], forever: true })).status).toBe(200);
});

test("a folder that may not be changed is told of itself, not of the trash", async () => {
  const server = await startProjectServer(newLife());
  await mkdir(join(server.home, "locked"));
  await writeFile(join(server.home, "locked", "a"), "A");
  await chmod(join(server.home, "locked"), 0o500);
  const { status, answer } = await command(server, "delete", { paths: ["locked/a"] });
  await chmod(join(server.home, "locked"), 0o700);
  if (process.getuid?.() === 0)
    expect(status).toBe(200); // root may everything
  else
    expect({ status, answer }).toMatchObject({ status: 403, answer: { error: expect.stringContaining("locked/a") } });
});

test("what is told of very long names stays in bounds", async () => {
  const server = await startProjectServer(newLife());
  const names = Array.from({ length: 20 }, (_, index) => `${"☃".repeat(80)}${index}`);
  for (const name of names) await writeFile(join(server.home, name), "");
  const response = await server.fetch("/api/files/delete", { method: "POST", body: JSON.stringify({ paths: names }) });
  const header = response.headers.get(DONE_HEADER) ?? "";
  expect(header.length).toBeLessThanOrEqual(MAX_DONE_LENGTH);
  expect(doneInProject.parse(JSON.parse(decodeURIComponent(header)))).toMatchObject({ count: 20 });
});

const HOUR = 3_600_000;
const item = (id: string, { hours, size }: { hours: number; size: number }): TrashItem => ({
  id,
  path: id,
  kind: "file",
  size,
  deleted: new Date(Date.UTC(2026, 0, 10) - hours * HOUR).toISOString(),
  by: { account_id: "", name: "" },
});

test("the trash empties itself: too old, too much, too many; but never what was deleted within the hour", () => {
  const limits = { keptMs: 100 * HOUR, bytes: 1_000, items: 3 };
  const now = Date.UTC(2026, 0, 10);
  const remove = (items: TrashItem[]) => idsToRemove(items, limits, now).sort();
  expect(remove([item("old", { hours: 101, size: 1 }), item("new", { hours: 1, size: 1 })])).toEqual(["old"]);
  const large = [
    item("a", { hours: 2, size: 600 }),
    item("b", { hours: 3, size: 600 }),
    item("c", { hours: 4, size: 300 }),
  ];
  expect(remove(large)).toEqual(["b"]); // what fits beside the latest stays
  expect(remove([item("huge", { hours: 0.5, size: 5_000 })])).toEqual([]);
  expect(remove(["a", "b", "c", "d"].map((id, hours) => item(id, { hours: hours + 2, size: 0 })))).toEqual(["d"]);
});

test("folders in the trash are counted, and what a crash left there goes", async () => {
  const server = await startProjectServer(newLife());
  await mkdir(join(server.home, "f"));
  await writeFile(join(server.home, "f", "a"), Buffer.alloc(5_000));
  await command(server, "delete", { paths: ["f"] });
  const { root } = server;
  const places = { home: server.home, ext: join(root, "ext"), data: join(root, "data"), tmp: join(root, "tmp") };
  await tendTrash(places, TRASH_LIMITS, new AbortController().signal);
  expect((await items(server))[0]?.size).toBeGreaterThanOrEqual(5_000);
});
