/** `npm start` ends whole, by whatever way it is ended: npm, its shell, the product, PostgreSQL, and all that projects started. */

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { spawn as spawnInTerminal } from "@lydell/node-pty";
import { environment } from "../../../src/core/env.ts";
import type { Life } from "../../../src/core/life.ts";
import { identify, type ProcessId, signalGroup } from "../../../src/local/processes.ts";
import { freePort } from "../../../src/net/serve/free-port.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { testLives } from "../../helpers/life.ts";
import { Person } from "../../helpers/product.ts";
import { until } from "../../helpers/until.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const newLife = testLives();

interface Started {
  /** Of npm itself. */
  pid: number;
  output(): string;
  ended: Promise<unknown>;
  /** Presses keys, in a terminal. */
  type?(keys: string): void;
}

async function settings(life: Life) {
  const [data, port] = [await temporaryFolder(life, "npm-start"), await freePort()];
  const { PATH = "", HOME = "" } = environment();
  const env = { PATH, HOME, COCALC_LOG_FORMAT: "json", COCALC_DATA: data, PORT: String(port) };
  return { data, origin: `http://localhost:${port}`, env };
}

function withoutTerminal(env: Record<string, string>): Started {
  const child = spawn("npm", ["start"], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  return { pid: child.pid ?? 0, output: () => output, ended: new Promise((resolve) => child.once("close", resolve)) };
}

function inTerminal(env: Record<string, string>): Started {
  const terminal = spawnInTerminal("npm", ["start"], { cwd: root, env, cols: 300 });
  let output = "";
  terminal.onData((text) => {
    output += text;
  });
  const ended = new Promise((resolve) => terminal.onExit(resolve));
  return { pid: terminal.pid, output: () => output, ended, type: (keys) => terminal.write(keys) };
}

async function serving(life: Life, { pid, output, ended }: Started): Promise<void> {
  life.defer("npm start", async () => {
    signalGroup(pid, "SIGKILL");
    await ended;
  });
  await until(() => output().includes("CoCalc is at"), { timeoutMs: 120_000, what: "npm start serves" });
}

/** The master of the database in a data folder. */
async function postgresOf(data: string): Promise<ProcessId> {
  const [pid] = (await readFile(join(data, "postgres/cluster/postmaster.pid"), "utf8")).split("\n");
  return until(() => identify(Number(pid)));
}

test("a script of package.json leaves the shell between npm and its program, which passes no signal on", async () => {
  const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  }; // ours
  const programs = Object.entries(scripts).filter(([, script]) => /\b(node|jest)\b/.test(script));
  expect(programs.map(([name]) => name)).toEqual(expect.arrayContaining(["start", "test", "cluster"]));
  for (const [, script] of programs) expect(script.split("&&").at(-1)).toMatch(/\bexec (node|jest)\b/);
});

const gone = async ({ pid, startedAt }: ProcessId) => (await identify(pid))?.startedAt !== startedAt;

test.each([
  ["SIGTERM to npm", withoutTerminal, ({ pid }: Started) => process.kill(pid, "SIGTERM")],
  ["a terminal that is closed", inTerminal, ({ pid }: Started) => process.kill(-pid, "SIGHUP")],
])(
  "%s leaves the server and PostgreSQL running",
  async (_what, begin, end) => {
    const life = newLife();
    const { data, env } = await settings(life);
    const started = begin(env);
    await serving(life, started);
    const postgres = await postgresOf(data);
    end(started);
    await until(() => gone(postgres), { timeoutMs: 40_000, what: "PostgreSQL has ended" });
    await started.ended;
  },
  300_000,
);

const DETACHED = `echo $$ >> pids; exec /bin/sleep 600 <&- >&- 2>&-`;
const LEAVE = `printf '%s\\n' '${DETACHED}' > stay; nohup sh stay & env -i setsid /bin/sh -c '/bin/sh stay & exit' &`;

/** Runs a program in a project that leaves two others behind. */
async function leaveBehind(person: Person, projectId: string): Promise<void> {
  const response = await fetch(`${person.origin}/${projectId}/api/exec`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: person.origin, cookie: person.cookie },
    body: JSON.stringify({ command: LEAVE, bash: true }),
  });
  expect(await response.json()).toMatchObject({ exitCode: 0 });
}

test("what a project started by `nohup` through the API outlives its stop, and even Ctrl-C", async () => {
  const life = newLife();
  const { data, origin, env } = await settings(life);
  const started = inTerminal(env);
  await serving(life, started);
  const postgres = await postgresOf(data);
  const person = await Person.signUp(origin, "Ada");
  const left = async (projectId: string): Promise<ProcessId[]> => {
    const pids = join(data, "volumes/projects-data/projects", projectId, "pids");
    await leaveBehind(person, projectId);
    const lines = await until(async () => {
      const found = (await readFile(pids, "utf8").catch(() => "")).trim().split("\n");
      return found.length === 2 && found;
    });
    return Promise.all(lines.map((pid) => until(() => identify(Number(pid)))));
  };
  const [first, second] = [
    await person.createProject("First", { start: true }),
    await person.createProject("Second", { start: true }),
  ];
  const [ofFirst, ofSecond] = [await left(first), await left(second)];
  await person.call("projects/stop", { project_id: first });
  await person.untilState(first, "opened");
  expect(await Promise.all(ofFirst.map(gone))).toEqual([true, true]);
  expect(await Promise.all(ofSecond.map(gone))).toEqual([false, false]);
  started.type?.("\x03");
  await started.ended;
  await until(() => gone(postgres));
  expect(await Promise.all(ofSecond.map(gone))).toEqual([true, true]);
  expect(started.output()).toMatch(/"failed":false.*"stopped"/);
}, 300_000);
