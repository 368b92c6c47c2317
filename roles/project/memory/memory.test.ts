/** Memory that runs out, as a project's server sees it: on a control group of our own making, with processes that really use memory. */

import { mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { NOBODY } from "../../../src/protocol/assertion.ts";
import { DONE_HEADER } from "../../../src/protocol/done-in-project.ts";
import { type MemoryHistory, MOST_KILLED, type OutOfMemory } from "../../../src/protocol/project-status.ts";
import { temporaryFolder } from "../../../test/helpers/folder.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { type ProjectProcess, startProjectProcess } from "../../../test/helpers/project-process.ts";
import { until } from "../../../test/helpers/until.ts";
import { nameIn } from "./largest.ts";
import { MemoryNotes } from "./memory-notes.ts";

const newLife = testLives();
const LIMIT = 1_000_000_000;

/** A folder as of a control group, and what it says. */
async function group() {
  const folder = await temporaryFolder(newLife(), "group");
  const say = async ({ used = 0.1, kills = 0 }) => {
    await writeFile(join(folder, "memory.max"), String(LIMIT));
    await writeFile(join(folder, "memory.events"), `oom_kill ${kills}\n`);
    await writeFile(join(folder, "memory.current"), String(used * LIMIT));
  };
  await say({});
  return { folder, say };
}

async function historyOf(server: ProjectProcess, query = "", sub = NOBODY): Promise<MemoryHistory> {
  return (await server.fetch(`/api/out-of-memory${query}`, {}, { sub, role: "viewer" })).json();
}

/** Starts a program that keeps some memory; its pid. */
async function startHog(server: ProjectProcess): Promise<number> {
  await writeFile(join(server.home, "hog.mjs"), "globalThis.kept = Buffer.alloc(3e8, 1); setInterval(() => {}, 1e6);");
  const command = `echo $$ > pid; exec "${process.execPath}" hog.mjs --password=secret`;
  const body = JSON.stringify({ command, bash: true, timeoutSeconds: 300 });
  void server.fetch("/api/exec", { method: "POST", body }).catch(() => {}); // it ends with the server
  const pidIn = async () => Number(await readFile(join(server.home, "pid"), "utf8").catch(() => "")) || undefined;
  const pid = await until(pidIn);
  const resident = async () => Number((await readFile(`/proc/${pid}/statm`, "utf8")).split(" ")[1]) * 4_096;
  await until(async () => (await resident()) > 3e8);
  return pid;
}

test("what used the most when everything was killed is known to the next server, and told once Kubernetes says why it ended", async () => {
  const { folder, say } = await group();
  const env = { COCALC_CGROUPS: folder };
  const first = await startProjectProcess(newLife(), { env });
  const hog = await startHog(first);
  const file = join(first.home, ".cocalc", "memory", "notes.json");
  await until(async () => (await stat(file)).size === 4_096); // its room, before there is anything to be noted
  await say({ used: 0.85 });
  await until(async () => (await readFile(file, "utf8")).includes("hog.mjs"));
  expect(await readFile(file, "utf8")).not.toContain("secret");
  await first.end("SIGKILL");
  process.kill(hog, "SIGKILL");
  const ended = new Date();

  const { root, hub, projectId } = first;
  const second = await startProjectProcess(newLife(), { root, hub, projectId, env });
  const ask = async (at: Date, sub = NOBODY): Promise<OutOfMemory | null> =>
    (await historyOf(second, `?ended=${at.toISOString()}`, sub)).end;
  const status = async () => (await second.fetch("/api/status")).json();
  const { socket } = await second.connect();
  const told: OutOfMemory[] = [];
  socket.on("out_of_memory", (what) => told.push(what));
  const what = { time: ended.toISOString(), process: "node hog.mjs", whole: true, limit: LIMIT };
  expect(await ask(ended, "3f0e6c0a-0d5c-4d2e-9c8b-000000000001")).toMatchObject(what);
  expect((await status()).outOfMemory).toBeNull(); // who is somebody makes no news
  const [hourBefore, minuteBefore] = [3_600_000, 60_000].map((ms) => new Date(ended.getTime() - ms)) as [Date, Date];
  expect(await ask(hourBefore)).toMatchObject({ process: null, used: null, whole: true });
  expect((await status()).outOfMemory).toBeNull(); // nor is what was long ago
  expect(await ask(ended)).toMatchObject(what);
  expect((await status()).outOfMemory).toMatchObject({ ...what, used: expect.any(Number) });
  await until(() => told.length === 1);
  expect(told[0]?.used).toBeGreaterThan(3e8);
  expect(await ask(minuteBefore)).toMatchObject({ process: null, used: null, whole: true });
  expect((await status()).outOfMemory).toMatchObject(what); // what was before that is no news any more
  expect(told).toHaveLength(1);
});

test("a program that was killed is named, to everybody there and for the log, and the last tenth is warned of", async () => {
  const { folder, say } = await group();
  const server = await startProjectProcess(newLife(), { env: { COCALC_CGROUPS: folder } });
  const hog = await startHog(server);
  const { socket } = await server.connect();
  const told: OutOfMemory[] = [];
  socket.on("out_of_memory", (what) => told.push(what));
  const status = async () => (await server.fetch("/api/status")).json();
  await say({ used: 0.92 });
  await until(async () => (await status()).memoryWarning);
  expect(await status()).toMatchObject({ outOfMemory: null, memory: { limit: LIMIT } });
  await until(async () => (await readFile(join(server.home, ".cocalc/memory/notes.json"), "utf8")).includes("hog.mjs"));
  await say({ used: 0.92, kills: 1 }); // the kernel counts it before it has ended, and before its memory is free
  await say({ used: 0.3, kills: 1 });
  process.kill(hog, "SIGKILL");
  await until(() => told.length === 1);
  expect(told[0]).toMatchObject({ process: "node hog.mjs", used: 0.7 * LIMIT, limit: LIMIT, whole: false });
  await until(async () => !(await status()).memoryWarning); // an answer stands for a second
  const answer = await server.fetch("/api/status");
  expect(await answer.json()).toMatchObject({ outOfMemory: told[0], oomKills: 1 });
  expect(JSON.parse(decodeURIComponent(answer.headers.get(DONE_HEADER) ?? ""))).toEqual({
    action: "out_of_memory",
    ...told[0],
  });
  expect(await historyOf(server)).toEqual({ end: null, killed: told });

  await server.end("SIGKILL");
  const { root, hub, projectId } = server;
  const next = await startProjectProcess(newLife(), { root, hub, projectId, env: { COCALC_CGROUPS: folder } });
  expect(await historyOf(next)).toEqual({ end: null, killed: told });
  expect((await (await next.fetch("/api/status")).json()).outOfMemory).toBeNull(); // that was before
});

test("notes are read as they were written, and whatever else is in their place is left alone", async () => {
  const home = await temporaryFolder(newLife(), "notes");
  const noted = { time: new Date().toISOString(), used: 5, limit: 6, processes: [{ name: "R", used: 4 }] };
  const reopened = async () => {
    const notes = await MemoryNotes.open(home);
    const { before } = notes;
    await notes.close();
    return before;
  };
  const notes = await MemoryNotes.open(home);
  const killed = (used: number) =>
    ({ time: noted.time, process: "\u00e9".repeat(200), used, limit: 6, whole: false }) as const;
  for (let used = 0; used < 2 * MOST_KILLED; used += 1) await notes.addKilled(killed(used));
  await notes.write({ ...noted, processes: Array(10).fill({ name: "x".repeat(200), used: 1 }) });
  await notes.write(noted);
  await notes.close();
  expect(await reopened()).toEqual(noted);
  const file = join(home, ".cocalc/memory/notes.json");
  const again = await MemoryNotes.open(home);
  expect(again.killed.map(({ used }) => used).slice(0, 3)).toEqual([15, 14, 13]); // the last ones, as far as there is room
  await again.close();
  expect((await stat(file)).size).toBe(4_096);
  for (const text of ["", "{", JSON.stringify({ ...noted, used: -1 }), "\0".repeat(100_000)]) {
    await writeFile(file, text);
    expect(await reopened()).toBeNull();
  }
  const strange = await temporaryFolder(newLife(), "notes");
  await mkdir(join(strange, ".cocalc/memory"), { recursive: true });
  await writeFile(join(strange, "precious"), "text");
  await symlink("../../precious", join(strange, ".cocalc/memory/notes.json"));
  const none = await MemoryNotes.open(strange);
  await none.write(noted);
  await none.close();
  expect(await readFile(join(strange, "precious"), "utf8")).toBe("text");
});

test("the name of what used the most was gone after a start at which nobody could ask for it", async () => {
  const home = await temporaryFolder(newLife(), "notes");
  const processes = [
    { name: "R fit.R", used: 4 },
    { name: "R", used: 1 },
  ];
  const noted = { time: new Date().toISOString(), used: 5, limit: 6, processes };
  const killed = await MemoryNotes.open(home);
  await killed.write(noted);
  await killed.close();
  const notAsked = await MemoryNotes.open(home);
  await notAsked.write({ ...noted, time: new Date(0).toISOString() });
  await notAsked.write(undefined); // and ends in order
  await notAsked.close();
  const asked = await MemoryNotes.open(home);
  expect(asked.before).toEqual({ ...noted, processes: processes.slice(0, 1) });
  await asked.close();
});

test("names of processes hold no options, no assignments and no addresses", () => {
  expect(nameIn(["/usr/bin/python3", "/home/user/a b/train.py", "--key=1"])).toBe("python3 train.py");
  expect(nameIn(["python3", "Übung 1/größe.py"])).toBe("python3 größe.py");
  expect(nameIn(["python3", "/usr/bin/jupyter-lab", "--port=1"])).toBe("python3 jupyter-lab");
  expect(nameIn(["node", "--max-old-space-size=4"])).toBe("node");
  expect(nameIn(["env", "SECRET=1", "x"])).toBe("env");
  expect(nameIn(["-bash"])).toBe("-bash");
  expect(nameIn([`a\n${"x".repeat(500)}`])).toBe("a");
  expect(nameIn(["x".repeat(500)])).toBe("");
  expect(nameIn([])).toBe("");
});

test("a password stood in the name of a process, as the end of an address or in a line that the program had rewritten", () => {
  expect(nameIn(["psql", "postgres://user:hunter2@db"])).toBe("psql");
  expect(nameIn(["sqlplus", "scott/hunter2"])).toBe("sqlplus");
  expect(nameIn(["mysql", "key=a/hunter2"])).toBe("mysql");
  expect(nameIn(["curl", "https://example.org/hunter2.txt"])).toBe("curl");
  expect(nameIn(["login", "hunter2"])).toBe("login");
  expect(nameIn(["bash", "/bin/login hunter2"])).toBe("bash");
  expect(nameIn(["python3 train.py --password=hunter2"])).toBe("python3");
  expect(nameIn(["python3 train.py --password=hunter2", "", ""])).toBe("python3");
  expect(nameIn(["postgres: user db hunter2"])).toBe("postgres");
  expect(nameIn(["user:hunter2@db"])).toBe("");
});
