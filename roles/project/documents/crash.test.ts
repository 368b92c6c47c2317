/** A real server process is killed at random moments while people type and programs write: nothing is doubled, emptied or lost. */

import { appendFile, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { sleep } from "../../../src/core/clock.ts";
import type { Life } from "../../../src/core/life.ts";
import { temporaryFolder } from "../../../test/helpers/folder.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { createTestDocument, openTestDocument, type TestDocument } from "../../../test/helpers/project-document.ts";
import { type ProjectProcess, startProjectProcess } from "../../../test/helpers/project-process.ts";
import { testHub } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";
import { DocumentStore } from "./document-store.ts";
import { decodeAll, RECORD } from "./update-log.ts";

const newLife = testLives();
const PATH = "notes.txt";

/** One round: some typing, perhaps a write on disk while all is saved, some typing, a kill after a while, perhaps a write while it is dead. */
const round = fc.record({
  typed: fc.integer({ min: 1, max: 15 }),
  liveWrite: fc.boolean(),
  typedAfter: fc.integer({ min: 0, max: 15 }),
  killAfterMs: fc.integer({ min: 0, max: 2_200 }),
  deadWrite: fc.boolean(),
  /** Is the log's end torn, as by a machine that lost power? In bytes. */
  torn: fc.constantFrom(0, 1, 9, 20),
  /** Does the person come back with what was typed, or is the browser gone too? */
  comesBack: fc.boolean(),
});

class Story {
  readonly life: Life;
  readonly file: string;
  readonly root: string;
  server: ProjectProcess;
  person: TestDocument;
  /** Marks that have to be in the text exactly once. */
  readonly sure = new Set<string>();
  /** Marks that may be there once or not at all. */
  readonly unsure = new Set<string>();
  #count = 0;

  constructor(life: Life, root: string, { server, person }: { server: ProjectProcess; person: TestDocument }) {
    this.life = life;
    this.root = root;
    this.file = join(root, "home", PATH);
    this.server = server;
    this.person = person;
  }

  type(times: number): string[] {
    return Array.from({ length: times }, () => {
      const mark = `<${this.#count++}>`;
      const { text } = this.person;
      const lines = text.split("\n");
      const line = (this.#count * 7_919) % lines.length;
      const at = lines.slice(0, line).join("\n").length + (line > 0 ? 1 : 0);
      this.person.insert(at, mark);
      return mark;
    });
  }

  async writeOnDisk(): Promise<void> {
    const mark = `{${this.#count++}}`;
    await appendFile(this.file, `${mark}\n`);
    this.sure.add(mark);
  }

  check(text: string): void {
    const marks: string[] = text.match(/<\d+>|\{\d+\}/g) ?? [];
    expect(marks.filter((mark, index) => marks.indexOf(mark) !== index)).toEqual([]);
    expect([...this.sure].filter((mark) => !marks.includes(mark))).toEqual([]);
    expect(marks.filter((mark) => !this.sure.has(mark) && !this.unsure.has(mark))).toEqual([]);
    expect(text.split("\n").filter((line) => line.endsWith("base"))).toHaveLength(1);
  }
}

async function start(life: Life, root: string, hub: Awaited<ReturnType<typeof testHub>>, projectId: string) {
  return startProjectProcess(life, { root, hub, projectId });
}

test("killed at any moment, with writes on disk and torn logs, the text is the merge of all", async () => {
  const never = new AbortController().signal;
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 3, maxLength: 3 }), async (rounds) => {
      const life = newLife();
      const root = await temporaryFolder(life, "project");
      const hub = await testHub();
      const projectId = crypto.randomUUID();
      const server = await start(life, root, hub, projectId);
      await writeFile(join(root, "home", PATH), "base\n");
      const person = await openTestDocument(await server.connect(), PATH);
      const story = new Story(life, root, { server, person });
      for (const one of rounds) await play(story, one, never);
      story.check(await readFile(story.file, "utf8"));
      expect(await story.server.end("SIGTERM")).toBe(0);
      story.check(await readFile(story.file, "utf8"));
    }),
    { numRuns: 2, endOnFailure: true },
  );
}, 300_000);

async function play(
  story: Story,
  one: typeof round extends fc.Arbitrary<infer T> ? T : never,
  never: AbortSignal,
): Promise<void> {
  const early = story.type(one.typed);
  if (one.liveWrite) {
    await until(() => story.person.acknowledged());
    await until(async () => (await readFile(story.file, "utf8")) === story.person.text);
    await story.writeOnDisk();
    for (const mark of early) story.sure.add(mark);
  }
  const late = story.type(one.typedAfter);
  await sleep(one.killAfterMs, never); // the moment of the crash is what is varied
  const acknowledged = story.person.acknowledged();
  await story.server.end("SIGKILL");
  const old = story.person;
  const typed = [...early, ...late];
  // acknowledged a second ago or more, or still in the person's browser
  const isSafe = one.comesBack || (acknowledged && one.killAfterMs > 1_000 && one.torn === 0);
  for (const mark of typed) if (!story.sure.has(mark)) (isSafe ? story.sure : story.unsure).add(mark);
  if (one.torn > 0) await tear(story, one.torn);
  if (one.deadWrite) await story.writeOnDisk();
  const { hub, projectId } = story.server;
  story.server = await start(story.life, story.root, hub, projectId);
  const before = one.comesBack ? { doc: old.doc, generation: old.generation } : undefined;
  story.person = await openTestDocument(await story.server.connect(), PATH, before);
  if (one.comesBack) expect(story.person.generation).toBe(old.generation);
  await until(() => story.person.acknowledged());
  await until(async () => (await readFile(story.file, "utf8")) === story.person.text);
  story.check(story.person.text);
}

/** Cuts the end of the log off, but not what was surely brought to the disk: only an update that was not yet. */
async function tear(story: Story, bytes: number): Promise<void> {
  const folder = new DocumentStore(join(story.root, "home")).folderOf(`home:${PATH}`);
  const log = await readFile(join(folder, "log"));
  const last = decodeAll(log).at(-1);
  if (last?.kind === RECORD.update) await truncate(join(folder, "log"), log.length - bytes);
}

test("what was typed reaches the file after a crash even if nobody opens the document again", async () => {
  const life = newLife();
  const root = await temporaryFolder(life, "project");
  const server = await startProjectProcess(life, { root });
  const person = await createTestDocument(await server.connect(), PATH);
  person.insert(0, "typed just before the crash\n");
  await until(() => person.acknowledged());
  // What was acknowledged a moment ago may be on its way to the log still.
  const log = join(new DocumentStore(join(root, "home")).folderOf(`home:${PATH}`), "log");
  await until(async () => decodeAll(await readFile(log)).some(({ kind }) => kind === RECORD.update));
  await server.end("SIGKILL");
  await startProjectProcess(life, { root, hub: server.hub, projectId: server.projectId });
  await until(async () => (await readFile(join(root, "home", PATH), "utf8").catch(() => "")) === person.text);
});

test("SIGTERM tells the sockets, saves what was just typed, ends terminals and exits", async () => {
  const life = newLife();
  const root = await temporaryFolder(life, "project");
  const server = await startProjectProcess(life, { root });
  const client = await server.connect();
  const told: string[] = [];
  client.socket.on("stopping", () => told.push("stopping"));
  const person = await createTestDocument(client, PATH);
  await client.ask("terminal_open", { name: "t", cols: 80, rows: 24 });
  person.insert(0, "last words\n");
  await until(() => person.acknowledged());
  expect(await server.end("SIGTERM")).toBe(0);
  expect(told).toEqual(["stopping"]);
  expect(await readFile(join(root, "home", PATH), "utf8")).toBe("last words\n");
});
