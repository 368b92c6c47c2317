/** Shared documents over real sockets: merging, saving, changes on disk, strange files, and what survives. */

import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import { temporaryFolder } from "../../../test/helpers/folder.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { testLog } from "../../../test/helpers/log.ts";
import { createTestDocument, openTestDocument } from "../../../test/helpers/project-document.ts";
import { startProjectServer, type TestProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";
import { textContent } from "./document-content.ts";
import { Documents } from "./documents.ts";

const newLife = testLives();

test("two people edit one file; it is saved shortly after, with its mode and line endings", async () => {
  const server = await startProjectServer(newLife());
  const file = join(server.home, "a.txt");
  await writeFile(file, "one\r\ntwo\r\n", { mode: 0o640 });
  const ada = await openTestDocument(await server.connect(), "a.txt");
  const grace = await openTestDocument(await server.connect(), "a.txt");
  expect(ada.text).toBe("one\ntwo\n");
  ada.insert(0, "ada ");
  grace.insert(grace.text.length, "grace\n");
  await until(() => ada.text === "ada one\ntwo\ngrace\n" && grace.text === ada.text);
  await until(async () => (await readFile(file, "utf8")) === "ada one\r\ntwo\r\ngrace\r\n");
  await until(() => ada.states.at(-1)?.saved === true && ada.states.at(-1)?.savedAt !== undefined);
  expect((await stat(file)).mode & 0o777).toBe(0o640);
  expect((await readdir(server.home)).sort()).toEqual([".cocalc", "a.txt"]);
});

test("a change on disk merges in, while somebody types, whether written in place or renamed over", async () => {
  const server = await startProjectServer(newLife());
  const file = join(server.home, "a.txt");
  await writeFile(file, "1\n2\n3\n4\n5\n");
  const ada = await openTestDocument(await server.connect(), "a.txt");
  ada.insert(0, "typed\n");
  await writeFile(file, "1\n2\n3\n4\nfive\n");
  await until(() => ada.text === "typed\n1\n2\n3\n4\nfive\n");
  await until(async () => (await readFile(file, "utf8")) === ada.text);
  await writeFile(`${file}.new`, "typed\n1\nTWO\n3\n4\nfive\n");
  await rename(`${file}.new`, file);
  await until(() => ada.text === "typed\n1\nTWO\n3\n4\nfive\n");
});

test("a program that empties a file before it fills it does not empty the document", async () => {
  const server = await startProjectServer(newLife());
  const file = join(server.home, "a.txt");
  await writeFile(file, "old text\n");
  const ada = await openTestDocument(await server.connect(), "a.txt");
  const seen = new Set<string>();
  ada.doc.on("update", () => seen.add(ada.text));
  await writeFile(file, "");
  ada.insert(0, "x");
  await writeFile(file, "old text\nnew text\n");
  await until(() => ada.text === "xold text\nnew text\n");
  expect([...seen].filter((text) => !text.includes("old text"))).toEqual([]);
  await until(async () => (await readFile(file, "utf8")) === ada.text);
});

test("a file deleted on disk is not brought back by typing, only by saving; its text is kept", async () => {
  const server = await startProjectServer(newLife());
  const file = join(server.home, "a.txt");
  await writeFile(file, "text");
  const ada = await openTestDocument(await server.connect(), "a.txt");
  ada.insert(4, "!");
  await until(async () => (await readFile(file, "utf8")) === "text!");
  await rm(file);
  await until(() => ada.states.at(-1)?.error?.includes("deleted") === true);
  ada.insert(5, "?");
  await until(() => ada.states.at(-1)?.saved === false);
  await writeFile(join(server.home, "other"), "");
  const deletion = { method: "POST", body: JSON.stringify({ paths: ["other"] }) };
  expect((await server.fetch("/api/files/delete", deletion)).status).toBe(200); // which saves what is to be saved
  await expect(readFile(file)).rejects.toThrow();
  await ada.client.ask("document_save", { path: "a.txt" });
  expect(await readFile(file, "utf8")).toBe("text!?");
  await until(() => ada.states.at(-1)?.error === undefined);
  ada.insert(0, ">");
  await until(async () => (await readFile(file, "utf8")) === ">text!?");
});

test("a file moved by mv while it is open does not come back under its old name, also after a restart", async () => {
  const life = newLife();
  const root = await temporaryFolder(life, "project");
  const first = newLife();
  const server = await startProjectServer(first, { root });
  await writeFile(join(server.home, "a.txt"), "text");
  const ada = await openTestDocument(await server.connect(), "a.txt");
  await rename(join(server.home, "a.txt"), join(server.home, "b.txt"));
  await until(() => ada.states.at(-1)?.error?.includes("moved") === true);
  ada.insert(0, "typed after ");
  await until(() => ada.states.at(-1)?.saved === false && ada.acknowledged());
  expect(await first.stop()).toEqual([]);
  expect((await readdir(server.home)).sort()).toEqual([".cocalc", "b.txt"]);
  const second = await startProjectServer(life, { root, projectId: server.projectId, hub: server.hub });
  const back = await openTestDocument(await second.connect(), "a.txt");
  expect({ text: back.text, exists: back.exists }).toEqual({ text: "typed after text", exists: false });
  await until(() => back.states.at(-1)?.error?.includes("moved") === true);
  expect((await readdir(server.home)).sort()).toEqual([".cocalc", "b.txt"]);
});

const move = (server: TestProjectServer, from: string, to: string, overwrite = false) =>
  server.fetch("/api/files/rename", { method: "POST", body: JSON.stringify({ from, to, overwrite }) });

test("an open document follows its file when that or its folder is renamed, with all that was just typed", async () => {
  const server = await startProjectServer(newLife());
  await mkdir(join(server.home, "d"));
  const client = await server.connect();
  const ada = await createTestDocument(client, "d/a.txt");
  const resets: object[] = [];
  const told: object[] = [];
  client.socket.on("document_reset", (reset) => resets.push(reset));
  client.socket.on("files_moved", (moved) => told.push(moved));
  ada.insert(0, "typed just before");
  await until(() => ada.acknowledged());
  expect((await move(server, "d", "e")).status).toBe(200);
  await until(() => resets.length === 1);
  expect({ told, resets }).toEqual({
    told: [{ from: "d", to: "e" }],
    resets: [{ path: "e/a.txt", generation: ada.generation }],
  });
  expect(await readFile(join(server.home, "e/a.txt"), "utf8")).toBe("typed just before");
  const back = await openTestDocument(client, "e/a.txt", ada);
  expect(back.generation).toBe(ada.generation); // the history goes along
  back.insert(0, "and after: ");
  await until(async () => (await readFile(join(server.home, "e/a.txt"), "utf8")) === "and after: typed just before");
  expect((await readdir(server.home)).sort()).toEqual([".cocalc", "e"]);
});

test("who was away while a file was renamed goes on in the renamed one", async () => {
  const server = await startProjectServer(newLife());
  await writeFile(join(server.home, "a.txt"), "text");
  const client = await server.connect();
  const ada = await openTestDocument(client, "a.txt");
  client.socket.disconnect();
  expect((await move(server, "a.txt", "b.txt")).status).toBe(200);
  const again = await server.connect();
  const view = await again.ask("document_open", { path: "a.txt", generation: ada.generation });
  expect(view).toMatchObject({ path: "b.txt", generation: ada.generation, exists: true });
  expect((await readdir(server.home)).sort()).toEqual([".cocalc", "b.txt"]);
});

test("who was away while a folder was renamed goes on in the renamed file", async () => {
  const server = await startProjectServer(newLife());
  await mkdir(join(server.home, "d"));
  await writeFile(join(server.home, "d/a.txt"), "text");
  const client = await server.connect();
  const ada = await openTestDocument(client, "d/a.txt");
  client.socket.disconnect();
  expect((await move(server, "d", "e")).status).toBe(200);
  const again = await server.connect();
  const view = await again.ask("document_open", { path: "d/a.txt", generation: ada.generation });
  expect(view).toMatchObject({ path: "e/a.txt", generation: ada.generation, exists: true });
});

test("what is opened in a folder while that is moved to another disk is not the file that goes with the old folder", async () => {
  const life = newLife();
  const home = await temporaryFolder(life, "project");
  const places = { home, ext: "/nowhere", data: "/nowhere", tmp: "/nowhere" };
  const documents = new Documents(life, { places, log: testLog(), content: textContent, moved: () => {} });
  await mkdir(join(home, "d"));
  await writeFile(join(home, "d/a.txt"), "text");
  await utimes(join(home, "d/a.txt"), new Date(0), new Date(0));
  const copied = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  // as between two disks: all is copied, then the old is deleted
  const moving = documents.move({ from: "d", to: "e" }, async () => {
    await cp(join(home, "d"), join(home, "e"), { recursive: true });
    copied.resolve();
    await goOn.promise;
    await rm(join(home, "d"), { recursive: true });
  });
  await copied.promise;
  const events = { update: () => {}, awareness: () => {}, state: () => {}, reset: () => {} };
  const open = (path: string) => documents.open({ id: "ada", events, called: { path } }, { path, mayWrite: true });
  const opened = open("d/a.txt").then(
    () => "opened",
    (error: Error) => error.message,
  );
  await writeFile(join(home, "new.txt"), "text");
  await open("new.txt"); // which takes longer, as it was written just now
  goOn.resolve();
  await moving;
  expect(await opened).toBe("d/a.txt does not exist.");
});

test("a file moved over another that is open takes its place for all readers; a refused move changes nothing", async () => {
  const server = await startProjectServer(newLife());
  await writeFile(join(server.home, "a.txt"), "a");
  await writeFile(join(server.home, "b.txt"), "b");
  const client = await server.connect();
  const resets: object[] = [];
  client.socket.on("document_reset", (reset) => resets.push(reset));
  const [a, b] = [await openTestDocument(client, "a.txt"), await openTestDocument(client, "b.txt")];
  expect((await move(server, "a.txt", "b.txt")).status).toBe(409);
  await until(() => resets.length === 2);
  expect(resets).toEqual([
    { path: "a.txt", generation: a.generation },
    { path: "b.txt", generation: b.generation },
  ]);
  await openTestDocument(client, "a.txt");
  await openTestDocument(client, "b.txt");
  expect((await move(server, "a.txt", "b.txt", true)).status).toBe(200);
  await until(() => resets.length === 4);
  const one = await openTestDocument(client, "b.txt");
  expect({ text: one.text, generation: one.generation }).toEqual({ text: "a", generation: a.generation });
});

test("who was away sends what was typed meanwhile and gets what was missed", async () => {
  const server = await startProjectServer(newLife());
  await writeFile(join(server.home, "a.txt"), "base\n");
  const first = await server.connect();
  const ada = await openTestDocument(first, "a.txt");
  const grace = await openTestDocument(await server.connect(), "a.txt");
  first.socket.disconnect();
  ada.insert(0, "offline\n");
  grace.insert(grace.text.length, "online\n");
  await until(async () => (await readFile(join(server.home, "a.txt"), "utf8")) === "base\nonline\n");
  const back = await openTestDocument(await server.connect(), "a.txt", { doc: ada.doc, generation: ada.generation });
  await until(() => grace.text === "offline\nbase\nonline\n" && back.text === grace.text);
});

test("the generation and text survive a stop and start, also with a change on disk meanwhile", async () => {
  const life = newLife();
  const root = await temporaryFolder(life, "project");
  const file = join(root, "home/a.txt");
  const first = newLife();
  const server = await startProjectServer(first, { root });
  await writeFile(file, "base\n");
  const ada = await openTestDocument(await server.connect(), "a.txt");
  ada.insert(0, "unsaved ");
  await until(() => ada.acknowledged());
  expect(await first.stop()).toEqual([]);
  expect(await readFile(file, "utf8")).toBe("unsaved base\n");
  await writeFile(file, "unsaved base\nmeanwhile\n");
  const second = await startProjectServer(life, { root, projectId: server.projectId, hub: server.hub });
  ada.insert(0, "offline ");
  const back = await openTestDocument(await second.connect(), "a.txt", { doc: ada.doc, generation: ada.generation });
  expect(back.generation).toBe(ada.generation);
  await until(() => back.text === "offline unsaved base\nmeanwhile\n");
  await until(async () => (await readFile(file, "utf8")) === back.text);
});

test("a log that is lost makes a new generation, and the file's text is there once", async () => {
  const life = newLife();
  const root = await temporaryFolder(life, "project");
  const first = newLife();
  const server = await startProjectServer(first, { root });
  const ada = await createTestDocument(await server.connect(), "new.txt");
  expect(ada.exists).toBe(false);
  ada.insert(0, "text\n");
  await until(() => ada.acknowledged());
  await first.stop();
  await rm(join(root, "home/.cocalc"), { recursive: true });
  const second = await startProjectServer(life, { root, projectId: server.projectId, hub: server.hub });
  const back = await openTestDocument(await second.connect(), "new.txt");
  expect(back.generation).not.toBe(ada.generation);
  expect(back.text).toBe("text\n");
});

test("a file deleted while the project was stopped is not there again", async () => {
  const life = newLife();
  const root = await temporaryFolder(life, "project");
  const first = newLife();
  const server = await startProjectServer(first, { root });
  const ada = await createTestDocument(await server.connect(), "a.txt");
  ada.insert(0, "text\n");
  await until(() => ada.acknowledged());
  await first.stop();
  await rm(join(root, "home/a.txt"));
  const second = await startProjectServer(life, { root, projectId: server.projectId, hub: server.hub });
  const back = await openTestDocument(await second.connect(), "a.txt");
  expect({ exists: back.exists, text: back.text }).toEqual({ exists: false, text: "" });
  await expect(readFile(join(root, "home/a.txt"))).rejects.toThrow();
});

test("one file under two names is one document; a link stays a link", async () => {
  const server = await startProjectServer(newLife());
  await mkdir(join(server.home, "d"));
  await writeFile(join(server.home, "d/a.txt"), "x");
  await symlink("d/a.txt", join(server.home, "link.txt"));
  const ada = await openTestDocument(await server.connect(), "d/a.txt");
  const grace = await openTestDocument(await server.connect(), "link.txt");
  grace.insert(1, "y");
  await until(() => ada.text === "xy");
  await until(async () => (await readFile(join(server.home, "d/a.txt"), "utf8")) === "xy");
  expect((await stat(join(server.home, "link.txt"))).isFile()).toBe(true);
});

test("what is no text, too large, a folder or outside is refused in words", async () => {
  const server = await startProjectServer(newLife());
  const at = (name: string) => join(server.home, name);
  await writeFile(at("binary"), Buffer.from([1, 0, 2]));
  await writeFile(at("latin"), Buffer.from([0x63, 0xe9]));
  await writeFile(at("large"), Buffer.alloc(11 * 1024 * 1024, "x"));
  await mkdir(at("folder"));
  const client = await server.connect();
  const open = async (path: string) => {
    const answer = await client.tryToAsk("document_open", { path });
    return answer.ok ? "opened" : answer.error;
  };
  expect(await open("binary")).toContain("download");
  expect(await open("latin")).toContain("UTF-8");
  expect(await open("large")).toContain("10 MB");
  expect(await open("folder")).toContain("folder");
  expect(await open("../x")).toContain("outside");
  expect(await open("none/x")).toContain("does not exist");
});

test("a file that has no end, and says that it is empty, is refused as too large, not read into memory", async () => {
  const server = await startProjectServer(newLife(), { env: { DATA: "/proc" } });
  const client = await server.connect();
  const endless = await client.tryToAsk("document_open", { path: `/data/${process.pid}/pagemap` });
  expect(endless).toMatchObject({ ok: false, code: "too_large" });
});

test("one file under ever more names is not opened without bound", async () => {
  const server = await startProjectServer(newLife());
  const client = await server.connect();
  const open = (times: number) => client.tryToAsk("document_open", { path: `${"./".repeat(times)}a.txt` });
  const names = Array.from({ length: 300 }, (_, times) => times);
  for (const times of names) expect((await open(times)).ok).toBe(true);
  expect(await open(300)).toMatchObject({ ok: false, code: "rate_limited" });
  expect((await open(0)).ok).toBe(true);
  await client.ask("document_close", { path: "a.txt" });
  expect((await open(300)).ok).toBe(true);
});

test("where the log cannot be kept people still edit and save, and are told", async () => {
  const server = await startProjectServer(newLife());
  await writeFile(join(server.home, ".cocalc"), "a file");
  await writeFile(join(server.home, "a.txt"), "x");
  const ada = await openTestDocument(await server.connect(), "a.txt");
  await until(() => ada.states.at(-1)?.error?.includes("crash") === true);
  ada.insert(1, "y");
  await until(async () => (await readFile(join(server.home, "a.txt"), "utf8")) === "xy");
});

test("what cannot be saved is told, stays, and is saved when it can be", async () => {
  const server = await startProjectServer(newLife());
  const file = join(server.home, "d/a.txt");
  await mkdir(join(server.home, "d"));
  await writeFile(file, "x");
  const ada = await openTestDocument(await server.connect(), "d/a.txt");
  await rm(join(server.home, "d"), { recursive: true });
  ada.insert(1, "y");
  await until(() => ada.states.at(-1)?.error !== undefined && ada.states.at(-1)?.saved === false);
  await mkdir(join(server.home, "d"));
  const answer = await ada.client.ask("document_save", { path: "d/a.txt" });
  expect(answer.etag).not.toBe("");
  expect(await readFile(file, "utf8")).toBe("xy");
  await chmod(file, 0o600);
});

test("cursors are relayed under the name that the hub vouches for, and go with their socket", async () => {
  const server = await startProjectServer(newLife());
  const one = await server.connect({ name: "Ada" });
  const two = await server.connect({ name: "Grace" });
  await openTestDocument(one, "a.txt");
  const grace = await openTestDocument(two, "a.txt");
  const mine = new Awareness(new Y.Doc());
  const theirs = new Awareness(grace.doc);
  two.socket.on("document_awareness", ({ update }) => applyAwarenessUpdate(theirs, new Uint8Array(update), "server"));
  mine.setLocalState({ user: { name: "Mallory", color: "#f00" }, cursor: 3 });
  await one.ask("document_awareness", { path: "a.txt", update: encodeAwarenessUpdate(mine, [mine.clientID]) });
  await until(() => theirs.getStates().has(mine.clientID));
  expect(theirs.getStates().get(mine.clientID)).toMatchObject({ user: { name: "Ada", color: "#f00" }, cursor: 3 });
  one.socket.disconnect();
  await until(() => !theirs.getStates().has(mine.clientID));
  const huge = { path: "a.txt", update: new Uint8Array(100_000) };
  expect((await two.tryToAsk("document_awareness", huge)).ok).toBe(false);
  for (const awareness of [mine, theirs]) awareness.destroy();
});

test("nonsense is refused: updates that are none, of another generation, of a document that is not open", async () => {
  const server = await startProjectServer(newLife());
  const client = await server.connect();
  const ada = await openTestDocument(client, "a.txt");
  const send = (input: object) =>
    client.tryToAsk("document_update", { path: "a.txt", generation: ada.generation, ...input });
  expect(await send({ update: new Uint8Array([255, 255, 255, 3]) })).toMatchObject({ ok: false, code: "invalid" });
  expect(await send({ update: new Uint8Array([0, 0]), generation: "other" })).toMatchObject({ code: "conflict" });
  expect(await send({ update: new Uint8Array([0, 0]), path: "b" })).toMatchObject({ code: "conflict" });
  expect(await send({ update: "text" })).toMatchObject({ code: "invalid" });
});
