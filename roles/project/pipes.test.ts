/** A home in which pipes stand where the server keeps its own files: a pipe that nobody writes into keeps whoever opens it waiting for ever. */

import { execFile } from "node:child_process";
import { mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { temporaryFolder } from "../../test/helpers/folder.ts";
import { testLives } from "../../test/helpers/life.ts";
import { createTestDocument, openTestDocument } from "../../test/helpers/project-document.ts";
import { startProjectProcess } from "../../test/helpers/project-process.ts";

const newLife = testLives();
const DAYS_AGO = new Date(Date.now() - 30 * 86_400_000);
const ID = "0123456789abcdef";

/** Below ~/.cocalc; enough of each kind to hold up all threads that work on files. */
const PIPES = [
  ...Array.from({ length: 4 }, (_, at) => [`in-place/${at}/note.json`, `temporary/.cocalc-upload-${at}${ID.slice(1)}`]),
  [`trash/${ID}/about.json`, "terminals/last-number", "terminals/last-number.new", "memory/notes.json"],
].flat();

async function pipe(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  await promisify(execFile)("mkfifo", [path]);
  await promisify(execFile)("touch", ["-d", DAYS_AGO.toISOString(), path]);
}

/** A home with a document whose own files are pipes by now, too. */
async function homeOfPipes(): Promise<string> {
  const root = await temporaryFolder(newLife(), "pipes");
  const own = join(root, "home/.cocalc");
  const server = await startProjectProcess(newLife(), { root });
  await createTestDocument(await server.connect(), "a.txt");
  await server.end("SIGTERM");
  for (const name of PIPES) await pipe(join(own, name));
  for (const folder of await readdir(join(own, "documents")))
    for (const name of ["log", "log.new", "writing", "writing.new", "open"])
      await pipe(join(own, "documents", folder, name));
  return root;
}

test("pipes among the server's own files kept a project's server from listening, its rescue too", async () => {
  const root = await homeOfPipes();
  for (const env of [{}, { COCALC_RESCUE: "1" }]) {
    const server = await startProjectProcess(newLife(), { root, env });
    const client = await server.connect();
    const document = await openTestDocument(client, "a.txt");
    document.insert(0, "typed");
    await client.ask("document_save", { path: "a.txt" });
    expect((await server.fetch("/api/files/trash")).status).toBe(200);
    expect((await server.fetch("/api/files/uploads")).status).toBe(200);
    await client.ask("terminal_create", { cols: 80, rows: 24 });
    expect(await server.end("SIGTERM")).toBe(0);
  }
});
