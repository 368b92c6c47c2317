/** Programs, status and the init script of a project's server. */

import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { environment } from "../../src/core/env.ts";
import { temporaryFolder } from "../../test/helpers/folder.ts";
import { testLives } from "../../test/helpers/life.ts";
import { startProjectProcess } from "../../test/helpers/project-process.ts";
import { startProjectServer, type TestProjectServer } from "../../test/helpers/project-server.ts";
import { until } from "../../test/helpers/until.ts";
import { Activity } from "./activity.ts";
import { listProcesses } from "./processes.ts";
import { Status } from "./status.ts";
import { shellEnvironment } from "./terminals/shell-environment.ts";

const newLife = testLives();

async function exec(server: TestProjectServer, request: object, status = 200) {
  const response = await server.fetch("/api/exec", { method: "POST", body: JSON.stringify(request) });
  const body = await response.json();
  expect({ status: response.status, body }).toMatchObject({ status });
  return body;
}

const alive = async (pid: number) => (await listProcesses()).some((one) => one.pid === pid);

test("a program runs with its arguments, input, folder and environment", async () => {
  const server = await startProjectServer(newLife());
  await exec(server, { command: "mkdir", args: ["sub"] });
  const script = 'cat; pwd; echo "$GREETING $1"; echo bad >&2; exit 3';
  const answer = await exec(server, {
    command: script,
    bash: true,
    args: ["arg"],
    path: "sub",
    env: { GREETING: "hello" },
    stdin: "in\n",
  });
  expect(answer).toEqual({
    stdout: `in\n${server.home}/sub\nhello arg\n`,
    stderr: "bad\n",
    exitCode: 3,
    signal: null,
    timedOut: false,
    truncated: false,
  });
  expect((await exec(server, { command: "no-such-program" }, 404)).error).toContain("no-such-program");
  expect((await exec(server, { command: "pwd", path: "not/there" }, 404)).error).toBe("not/there does not exist.");
  const tooLong = { command: "true", args: Array.from({ length: 60 }, () => "x".repeat(99_999)) };
  expect((await exec(server, tooLong, 400)).error).toContain("longer than the system takes");
  expect((await exec(server, { command: "" }, 400)).error).toContain("command");
});

test("a broken .bashrc ended what bash was asked to run, and what it said stood in the output", async () => {
  const server = await startProjectServer(newLife());
  await writeFile(join(server.home, ".bashrc"), "echo welcome; exit 7");
  const answer = await exec(server, { command: "echo done", bash: true, env: { SHLVL: "0" } });
  expect(answer).toMatchObject({ stdout: "done\n", exitCode: 0 });
});

test("when time is up all that a program started ends; output beyond the limit is dropped", async () => {
  const server = await startProjectServer(newLife());
  const answer = await exec(server, { command: "sleep 300 & echo $!; sleep 300", bash: true, timeoutSeconds: 0.5 });
  expect(answer).toMatchObject({ timedOut: true, exitCode: null, signal: "SIGKILL" });
  await until(async () => !(await alive(Number(answer.stdout))));
  const much = await exec(server, { command: "yes | head -c 5000000", bash: true, maxOutput: 1_000 });
  expect([much.stdout.length, much.truncated, much.exitCode]).toEqual([1_000, true, 0]);
  const left = await exec(server, { command: "sleep 300 & echo $!", bash: true, timeoutSeconds: 20 });
  expect(left.timedOut).toBe(false);
  process.kill(Number(left.stdout), "SIGKILL");
});

test("a program went on for a caller that a hub had let go of", async () => {
  const server = await startProjectServer(newLife());
  const caller = new AbortController();
  const command = "sleep 300 & echo $! > inner; echo $$ > outer; sleep 300";
  const body = JSON.stringify({ command, bash: true, timeoutSeconds: 300 });
  const running = server.fetch("/api/exec", { method: "POST", body, signal: caller.signal }).catch(() => "let go");
  const pidIn = async (name: string) =>
    Number(await readFile(join(server.home, name), "utf8").catch(() => "")) || undefined;
  const pids = [await until(() => pidIn("inner")), await until(() => pidIn("outer"))];
  caller.abort();
  expect(await running).toBe("let go");
  for (const pid of pids) await until(async () => !(await alive(pid)));
});

test("a program that cannot be started for want of descriptors does not end the project's server", async () => {
  const server = await startProjectProcess(newLife());
  await exec(server, { command: "true" }); // whose connection is used again
  const limitTo = (descriptors: number) =>
    promisify(execFile)("prlimit", [`--pid=${server.pid}`, `--nofile=${descriptors}:`]);
  const used = new Set((await readdir(`/proc/${server.pid}/fd`)).map(Number));
  const free = Array.from({ length: used.size + 3 }, (_, fd) => fd).filter((fd) => !used.has(fd));
  await limitTo((free[1] ?? 0) + 1);
  expect((await exec(server, { command: "true" }, 503)).error).toContain("too many files are open");
  await limitTo(1_000);
  expect((await exec(server, { command: "true" })).exitCode).toBe(0);
});

test("a body that is broken off, being too long or larger than the disk has room for, does not end the project's server", async () => {
  const server = await startProjectProcess(newLife());
  const body = Buffer.alloc(9 * 1024 * 1024, " ");
  const refused = await server.fetch("/api/exec", { method: "POST", body });
  expect({ status: refused.status, body: await refused.json() }).toMatchObject({
    status: 413,
    body: { error: expect.stringContaining("A request has at most") },
  });
  await promisify(execFile)("prlimit", [`--pid=${server.pid}`, "--fsize=1000000:"]);
  const full = await server.fetch("/api/files/write?path=a", { method: "PUT", body });
  expect({ status: full.status, body: await full.json() }).toMatchObject({
    status: 507,
    body: { error: "a would be larger than this file system allows." },
  });
  expect((await exec(server, { command: "ls" })).stdout).toBe("");
});

test("status tells of processes, memory, processor, disk and the last activity", async () => {
  const server = await startProjectServer(newLife());
  const status = async () => (await server.fetch("/api/status")).json();
  const first = await status();
  expect(first.processes).toBeGreaterThan(0);
  expect(first.memory.used).toBeGreaterThan(10_000_000);
  expect(first.disk.free).toBeGreaterThan(0);
  await exec(server, { command: "for i in {1..300000}; do :; done", bash: true });
  const second = await until(async () => {
    const now = await status();
    return now.lastActive > first.lastActive && now;
  });
  expect(second.startedAt).toBe(first.startedAt);
});

test.each([
  {
    files: {
      "memory.current": "3000\n",
      "memory.max": "5000\n",
      "memory.stat": "anon 1\ninactive_file 1000\n",
      "memory.events": "oom 2\noom_kill 4\n",
      "cpu.stat": "usage_usec 7\n",
    },
    version: 2,
  },
  {
    files: {
      "memory/memory.usage_in_bytes": "3000\n",
      "memory/memory.limit_in_bytes": "5000\n",
      "memory/memory.stat": "total_inactive_file 1000\n",
      "memory/memory.oom_control": "under_oom 0\noom_kill 4\n",
      "cpuacct/cpuacct.usage": "7\n",
    },
    version: 1,
  },
])("in a container the cgroup (v$version) speaks for the project", async ({ files }) => {
  const cgroups = await temporaryFolder(newLife(), "project");
  const { mkdir } = await import("node:fs/promises");
  for (const folder of ["memory", "cpuacct"]) await mkdir(join(cgroups, folder));
  for (const [name, content] of Object.entries(files)) await writeFile(join(cgroups, name), content);
  const status = new Status({
    home: "/",
    ownContainer: true,
    activity: new Activity(),
    memory: { latest: null },
    cgroups,
  });
  expect(await status.now()).toMatchObject({ memory: { used: 2_000, limit: 5_000 }, oomKills: 4 });
});

test("the init script runs at the start with the project's environment, and ends with the server", async () => {
  const life = newLife();
  const root = await temporaryFolder(life, "project");
  const { mkdir } = await import("node:fs/promises");
  await mkdir(join(root, "home"));
  await writeFile(join(root, "home/project_init.sh"), "echo course $COURSE\nsleep 300 &\necho $!\nsleep 300\n");
  const extra = Buffer.from(JSON.stringify({ COURSE: "algebra" })).toString("base64");
  const running = newLife();
  await startProjectServer(running, { root, env: { COCALC_EXTRA_ENV: extra } });
  const log = () => readFile(join(root, "home/project_init.log"), "utf8").catch(() => "");
  await until(async () => /course algebra\n\d+\n/.test(await log()));
  const pid = Number((await log()).split("\n")[1]);
  expect(await alive(pid)).toBe(true);
  expect(await running.stop()).toEqual([]);
  await until(async () => !(await alive(pid)));
});

test("programs get the image's environment without what is the server's own", () => {
  const all = {
    PATH: "/opt/conda/bin:/bin",
    JAVA_HOME: "/opt/java",
    COCALC_HUB_PUBLIC_KEYS: "{}",
    COCALC_EXTRA_ENV: "e30=",
    COCALC_PROJECT_ID: "x",
    PGPASSWORD: "secret",
    NODE_OPTIONS: "--x",
    PORT: "6001",
  };
  expect(shellEnvironment(all, { home: "/home/user", extra: { JAVA_HOME: "/mine" } })).toEqual({
    PATH: "/opt/conda/bin:/bin",
    LANG: "C.UTF-8",
    SHELL: "/bin/bash",
    JAVA_HOME: "/mine",
    COCALC_PROJECT_ID: "x",
    HOME: "/home/user",
  });
  expect(environment().PATH).toBeDefined();
});

test("a project has its most connections, also for who spells them like ones that are there already", async () => {
  const server = await startProjectServer(newLife());
  const open = async (more = "") => (await server.fetch(`/api/socket/?EIO=4&transport=polling${more}`)).status;
  for (let tens = 0; tens < 50; tens += 1) {
    expect(await Promise.all(Array.from({ length: 10 }, () => open()))).toEqual(Array.from({ length: 10 }, () => 200));
  }
  for (const more of ["", "&x=sid=", "&xsid=1"])
    expect({ more, status: await open(more) }).toEqual({ more, status: 503 });
});

test("stopping leaves no handle, also with sockets, terminals and documents open, 5 times in one process", async () => {
  const handles = () =>
    process.getActiveResourcesInfo().filter((name) => !/^(PipeWrap|TTYWrap|Immediate)$/.test(name)).length;
  let before = 0;
  for (let times = 0; times < 5; times++) {
    const life = newLife();
    const server = await startProjectServer(life);
    const client = await server.connect();
    await client.ask("terminal_open", { name: "t", cols: 80, rows: 24 });
    await client.ask("document_open", { path: "a.txt" });
    await client.ask("watch_folder", { path: "" });
    expect(await life.stop()).toEqual([]);
    client.socket.disconnect();
    if (times === 0) before = handles();
  }
  await until(() => handles() <= before);
});
