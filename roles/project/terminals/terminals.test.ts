/** Terminals over a real socket with real shells. */

import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { startProjectProcess } from "../../../test/helpers/project-process.ts";
import { type ProjectClient, startProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";
import { listProcesses } from "../processes.ts";

const newLife = testLives();

interface Screen {
  text: string;
  offset: number;
  generation: string;
  resyncs: number;
  exits: number[];
  /** Outputs that did not go on where the one before had ended. */
  gaps: number;
}

const screens: Screen[] = [];
afterEach(() => {
  for (const screen of screens.splice(0)) expect(screen.gaps).toBe(0);
});

/** Opens a terminal and keeps what it shows, as the app would. */
async function open(
  client: ProjectClient,
  { name = "t", cols = 80, rows = 24, ack = true, from = {} } = {},
): Promise<Screen> {
  const screen: Screen = { text: "", offset: 0, generation: "", resyncs: 0, exits: [], gaps: 0 };
  screens.push(screen);
  const opened = Promise.withResolvers<void>();
  client.socket.on("terminal_output", async (output) => {
    if (output.name !== name) return;
    await opened.promise; // output may come before the answer to `terminal_open` was looked at
    if (output.generation !== screen.generation)
      Object.assign(screen, { text: "", offset: 0, generation: output.generation });
    if (output.offset !== screen.offset) screen.gaps++;
    screen.text += output.text;
    screen.offset += output.text.length;
    if (ack) client.socket.emit("terminal_ack", { name, offset: screen.offset });
  });
  client.socket.on("terminal_resync", () => screen.resyncs++);
  client.socket.on("terminal_exited", ({ exitCode }) => screen.exits.push(exitCode));
  const { terminal, screen: drawn, text, offset } = await client.ask("terminal_open", { name, cols, rows, ...from });
  screen.text = (drawn ?? "") + text;
  screen.offset = offset + text.length;
  screen.generation = terminal.generation;
  opened.resolve();
  return screen;
}

const type = (client: ProjectClient, text: string, name = "t") => client.ask("terminal_input", { name, text });

test("a login shell in home, with an environment that holds nothing of the server's", async () => {
  const extra = Buffer.from(JSON.stringify({ COURSE: "algebra" })).toString("base64");
  const server = await startProjectServer(newLife(), { env: { COCALC_EXTRA_ENV: extra } });
  const client = await server.connect();
  const screen = await open(client);
  await type(client, "shopt -q login_shell && pwd && env | sort && echo en''d\r");
  await until(() => screen.text.includes("\nend"));
  expect(screen.text).toContain(`${server.home}\r\n`);
  expect(screen.text).toContain("COURSE=algebra");
  expect(screen.text).toContain("TERM=xterm-256color");
  expect(screen.text).not.toMatch(/COCALC_HUB_PUBLIC_KEYS|NODE_OPTIONS|npm_/);
});

test("two people share a terminal; who comes back sees what was missed, and only that", async () => {
  const server = await startProjectServer(newLife());
  const [ada, grace] = [await server.connect(), await server.connect()];
  const first = await open(ada);
  const second = await open(grace);
  await type(ada, "echo sha''red\r");
  await until(() => first.text.includes("shared") && second.text.includes("shared"));
  ada.socket.disconnect();
  await type(grace, "echo mis''sed\r");
  await until(() => second.text.includes("missed"));
  const back = await server.connect();
  const resumed = await open(back, { from: { generation: first.generation, offset: first.offset } });
  await until(() => resumed.text.includes("missed"));
  expect(resumed.text).not.toContain("shared");
  const fresh = await open(await server.connect());
  expect(fresh.text).toContain("shared");
});

test("the terminal has the size of whoever typed last, and does not flip while two people type", async () => {
  const server = await startProjectServer(newLife());
  const [wide, narrow] = [await server.connect(), await server.connect()];
  const screen = await open(wide, { cols: 120, rows: 30 });
  await open(narrow, { cols: 50, rows: 20 });
  const sizes: number[] = [];
  wide.socket.on("terminal_resized", ({ cols }) => sizes.push(cols));
  await type(wide, "stty size\r");
  await until(() => screen.text.includes("30 120"));
  await type(narrow, "echo not''-yet $(stty size)\r");
  await until(() => screen.text.includes("not-yet 30 120"));
  await until(async () => {
    await type(narrow, "stty size\r"); // until the other has been quiet for long enough
    return screen.text.includes("20 50");
  });
  await wide.ask("terminal_resize", { name: "t", cols: 100, rows: 40 });
  await until(async () => {
    await type(wide, "stty size\r");
    return screen.text.includes("40 100");
  });
  expect(sizes).toEqual([50, 100]);
});

test("a reader who acknowledges nothing pauses `yes`, then is left behind; memory stays", async () => {
  const server = await startProjectServer(newLife());
  const [quick, stuck] = [await server.connect(), await server.connect()];
  const screen = await open(quick);
  const held = await open(stuck, { ack: false });
  await type(quick, "yes\r");
  await until(() => held.text.length > 200_000);
  expect(held.text.length).toBeLessThan(600_000);
  await until(() => held.resyncs === 1);
  const length = screen.text.length;
  await until(() => screen.text.length > length + 1_000_000);
  expect(held.text.length).toBeLessThan(600_000);
  await type(quick, "\x03");
  stuck.socket.removeAllListeners();
  const again = await open(stuck, { from: { generation: held.generation, offset: held.offset } });
  expect(again.text.length).toBeLessThanOrEqual(1_000_000);
  quick.socket.disconnect();
});

test("a large paste reaches a program whole, at its pace", async () => {
  const server = await startProjectServer(newLife());
  const client = await server.connect();
  const screen = await open(client);
  await type(client, "stty -echo; echo rea''dy; cat > pasted; echo took''-it\r");
  await until(() => screen.text.includes("ready\r\n"));
  const line = `${"x".repeat(62)}é\n`;
  const text = line.repeat(16_384);
  for (let at = 0; at < text.length; at += 32_768) await type(client, text.slice(at, at + 32_768));
  await type(client, "\x04");
  await until(() => screen.text.includes("took-it"));
  expect(await readFile(join(server.home, "pasted"), "utf8")).toBe(text);
});

test("what is typed for a program that reads nothing is bounded and told, and Ctrl+C still stops it", async () => {
  const server = await startProjectServer(newLife());
  const client = await server.connect();
  const screen = await open(client);
  await type(client, "stty raw -echo isig; sh -c 'echo $$ > pid; echo rea\"\"dy; exec sleep 1000'\r");
  await until(() => screen.text.includes("ready"));
  const pid = Number(await readFile(join(server.home, "pid"), "utf8"));
  const text = "y".repeat(600_000);
  const answers = await Promise.all([1, 2, 3, 4].map(() => client.tryToAsk("terminal_input", { name: "t", text })));
  expect(answers.map(({ ok }) => ok)).toEqual([true, true, false, false]);
  expect(answers[2]).toMatchObject({ error: expect.stringContaining("Ctrl+C") });
  await type(client, "\x03");
  await until(async () => !(await listProcesses()).some((running) => running.pid === pid));
});

test("Ctrl+C stops a program that reads nothing also where the image has no ps", async () => {
  const shell = "/bin/bash";
  const server = await startProjectProcess(newLife(), { env: { PATH: "/nowhere", COCALC_SHELL: shell } });
  const client = await server.connect();
  const screen = await open(client);
  await type(
    client,
    `PATH=/usr/bin:/bin; stty raw -echo isig; bash -c 'echo $$ > pid; echo rea""dy; exec sleep 1000'\r`,
  );
  await until(() => screen.text.includes("ready"));
  const pid = Number(await readFile(join(server.home, "pid"), "utf8"));
  await type(client, "y".repeat(600_000));
  await type(client, "\x03");
  await until(async () => !(await listProcesses()).some((running) => running.pid === pid));
});

test("a shell that ends says so, and is started again under its name", async () => {
  const server = await startProjectServer(newLife());
  const client = await server.connect();
  const screen = await open(client);
  await type(client, "exit 7\r");
  await until(() => screen.exits.length === 1);
  expect(screen.exits).toEqual([7]);
  expect((await client.tryToAsk("terminal_input", { name: "t", text: "x" })).ok).toBe(false);
  const { terminals } = await client.ask("terminal_list", {});
  expect(terminals).toMatchObject([{ name: "t", exitCode: 7 }]);
  const { terminal } = await client.ask("terminal_restart", { name: "t" });
  expect(terminal.generation).not.toBe(screen.generation);
  await type(client, "echo ag''ain\r");
  await until(() => screen.text.includes("again"));
  await client.ask("terminal_kill", { name: "t" });
  await client.ask("terminal_close", { name: "t" });
  expect((await client.ask("terminal_list", {})).terminals).toEqual([]);
});

test("killing a terminal ends what ignores it, and stopping the server leaves no process", async () => {
  const life = newLife();
  const server = await startProjectServer(life);
  const client = await server.connect();
  const screen = await open(client);
  await type(client, "trap '' HUP TERM; sleep 4321 & echo rea''dy; wait\r");
  await until(() => screen.text.includes("ready"));
  const other = await open(client, { name: "u" });
  await type(client, "sleep 4322\r", "u");
  const sleepers = async () => {
    const all = await listProcesses();
    const found = await Promise.all(all.map(({ pid }) => commandOf(pid)));
    return found.filter((command) => /^sleep.432[12]/.test(command));
  };
  await until(async () => (await sleepers()).length === 2);
  await client.ask("terminal_kill", { name: "t" });
  await until(async () => (await sleepers()).length === 1);
  expect(other.exits.length).toBe(1);
  expect(await life.stop()).toEqual([]);
  expect(await sleepers()).toEqual([]);
});

async function commandOf(pid: number): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
}

test("a terminal starts where the home folder is strange: a dangling .bashrc, a .cocalc that is a file, a folder that is gone", async () => {
  const server = await startProjectServer(newLife());
  await symlink("/nowhere/at/all", join(server.home, ".bashrc"));
  await symlink(".bash_profile", join(server.home, ".bash_profile"));
  await writeFile(join(server.home, ".cocalc"), "a file");
  const client = await server.connect();
  const screen = await open(client, { from: { cwd: "not/there" } });
  await type(client, "echo st''arted in $PWD\r");
  await until(() => screen.text.includes(`started in ${server.home}`));
});

test("the number of terminals is bounded", async () => {
  const server = await startProjectServer(newLife(), { env: { COCALC_SHELL: "true" } });
  const client = await server.connect();
  for (let index = 0; index < 100; index++)
    await client.ask("terminal_open", { name: `t${index}`, cols: 80, rows: 24 });
  const refused = await client.tryToAsk("terminal_open", { name: "one more", cols: 80, rows: 24 });
  expect(refused).toMatchObject({ ok: false, code: "too_large" });
});
