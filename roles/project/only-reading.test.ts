/** What somebody who only reads, or who comes many times over, takes from others in a project: neither room nor how they see a file. */

import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import type { AssertionClaims } from "../../src/protocol/assertion.ts";
import { testLives } from "../../test/helpers/life.ts";
import { startProjectServer, type TestProjectServer } from "../../test/helpers/project-server.ts";

const newLife = testLives();
const VIEWER = { role: "viewer" } as const;
const COLLABORATOR = { role: "collaborator" } as const;

test("a viewer who opened names that are not there left nobody else a document, and a folder for each", async () => {
  const server = await startProjectServer(newLife());
  const viewer = await server.connect(VIEWER);
  for (let number = 0; number < 20; number++)
    expect(await viewer.tryToAsk("document_open", { path: `nothing-${number}` })).toMatchObject({ code: "not_found" });
  await expect(readdir(join(server.home, ".cocalc", "documents"))).rejects.toThrow("ENOENT");
  const collaborator = await server.connect(COLLABORATOR);
  expect(await collaborator.ask("document_open", { path: "new.txt" })).toMatchObject({ exists: false });
  expect(await viewer.ask("document_open", { path: "new.txt" })).toMatchObject({ exists: false }); // it is somebody else's now
});

test("a viewer who looked at a document counted as somebody who works there", async () => {
  const server = await startProjectServer(newLife());
  await writeFile(join(server.home, "a.txt"), "text");
  const viewer = await server.connect(VIEWER);
  const before = await viewer.ask("status", {});
  await viewer.ask("document_open", { path: "a.txt" });
  expect(await viewer.ask("status", {})).toMatchObject({ lastActive: before.lastActive });
});

test("a viewer who opened all that there is left nobody else a document", async () => {
  const server = await startProjectServer(newLife());
  const names = Array.from({ length: 152 }, (_, index) => `${index}.txt`);
  for (const name of names) await writeFile(join(server.home, name), "text");
  const viewer = await server.connect(VIEWER);
  const answers = await Promise.all(names.map((path) => viewer.tryToAsk("document_open", { path })));
  expect(answers.filter(({ ok }) => ok)).toHaveLength(150);
  expect(answers.filter((answer) => !answer.ok && answer.code === "rate_limited")).toHaveLength(2);
  const collaborator = await server.connect(COLLABORATOR);
  for (const path of ["150.txt", "151.txt"]) await collaborator.ask("document_open", { path });
  expect(await viewer.tryToAsk("document_open", { path: "151.txt" })).toMatchObject({ ok: true }); // open as it is
});

test("a viewer chose the encoding in which everybody read a file and wrote it back", async () => {
  const server = await startProjectServer(newLife());
  await writeFile(join(server.home, "a.txt"), "héllo");
  await writeFile(join(server.home, "b.txt"), Buffer.from("héllo", "latin1"));
  const viewer = await server.connect(VIEWER);
  const wish = { encoding: "windows-1252" } as const;
  expect(await viewer.ask("document_open", { path: "a.txt", ...wish })).not.toHaveProperty("encoding");
  expect(await viewer.tryToAsk("document_open", { path: "b.txt", ...wish })).toMatchObject({ code: "unsupported" });
  const collaborator = await server.connect(COLLABORATOR);
  expect(await collaborator.ask("document_open", { path: "a.txt" })).not.toHaveProperty("encoding");
  expect(await collaborator.ask("document_open", { path: "b.txt", ...wish })).toMatchObject(wish);
  expect(await viewer.ask("document_open", { path: "b.txt" })).toMatchObject(wish); // as whoever may write has it
});

test("one person took all connections that a project has, and readers took them all together", async () => {
  const server = await startProjectServer(newLife());
  const viewers = Array.from({ length: 5 }, (_, number) => ({ ...VIEWER, sub: idOf(number) }));
  for (const viewer of viewers.slice(0, 4)) {
    const statuses = await Promise.all(Array.from({ length: 101 }, () => opened(server, viewer)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
    expect(statuses.filter((status) => status === 503)).toHaveLength(1);
  }
  expect(await opened(server, { ...VIEWER, sub: idOf(4) })).toBe(503);
  expect(await opened(server, { ...COLLABORATOR, sub: idOf(5) })).toBe(200);
});

function idOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
}

/** The status of one more connection without WebSocket, which no hub counts. */
async function opened(server: TestProjectServer, claims: Partial<AssertionClaims>): Promise<number> {
  const answer = await server.fetch("/api/socket/?EIO=4&transport=polling", {}, claims);
  await answer.arrayBuffer();
  return answer.status;
}
