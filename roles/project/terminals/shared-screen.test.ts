/** Terminals over a real socket with real programs: who answers what they ask, what newcomers see, what new terminals are called. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import graphemes from "@xterm/addon-unicode-graphemes";
import headless, { type Terminal } from "@xterm/headless";
import { installWidths } from "../../../src/protocol/terminal-widths.ts";
import { temporaryFolder } from "../../../test/helpers/folder.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { type ProjectClient, startProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";

const newLife = testLives();
const SIZE = { cols: 60, rows: 12 };

/** A terminal as a browser draws it; `rows` is what one reads. */
async function watch(client: ProjectClient, { name = "t", size = SIZE, scheme = "dark" as "dark" | "light" } = {}) {
  const terminal = new headless.Terminal({ ...size, allowProposedApi: true, logLevel: "off" });
  installWidths(terminal, new graphemes.UnicodeGraphemesAddon());
  const pending: string[] = [];
  let isOpen = false;
  client.socket.on("terminal_output", (output) => {
    if (output.name !== name) return;
    client.socket.emit("terminal_ack", { name, offset: output.offset + output.text.length });
    if (isOpen) terminal.write(output.text);
    else pending.push(output.text);
  });
  const answer = await client.ask("terminal_open", { name, ...size, scheme });
  terminal.write((answer.screen ?? "") + answer.text + pending.join(""));
  isOpen = true;
  return { terminal, answer, rows: () => rowsOf(terminal) };
}

const rowsOf = ({ buffer: { active }, rows }: Terminal) =>
  Array.from({ length: rows }, (_, y) => active.getLine(active.baseY + y)?.translateToString(true) ?? "");

const type = (client: ProjectClient, text: string, name = "t") => client.ask("terminal_input", { name, text });

test("what a program asks of the terminal is answered once, whoever looks on, and in the colours of who does", async () => {
  const server = await startProjectServer(newLife());
  const [ada, grace] = [await server.connect(), await server.connect()];
  const screen = await watch(ada, { scheme: "light" });
  await watch(grace, { scheme: "dark" });
  const asks = String.raw`
    process.stdin.setRawMode(true);
    process.stdout.write("\x1b[c\x1b[>c\x1b[5n\x1b[?2027$p\x1b]11;?\x07\x1b]10;?\x07\x1b]4;1;?\x07\x1b[2;3H\x1b[6n");
    let heard = "";
    process.stdin.on("data", (data) => {
      heard += data;
      if (heard.endsWith("R")) setTimeout(() => process.exit(require("fs").writeFileSync("heard", heard)), 300); // all that comes after
    });`;
  await writeFile(join(server.home, "ask.cjs"), asks);
  await type(ada, `'${process.execPath}' ask.cjs; echo as''ked\r`);
  await until(() => screen.rows().some((row) => row.includes("asked")));
  const heard = await readFile(join(server.home, "heard"), "utf8");
  expect(heard.split("\x1b").slice(1)).toEqual([
    "[?1;2c",
    "[>0;276;0c",
    "[0n",
    "[?2027;2$y",
    "]11;rgb:ffff/ffff/ffff",
    "\\",
    "]10;rgb:1b1b/1f1f/2424",
    "\\",
    "]4;1;rgb:b3b3/1d1d/2828",
    "\\",
    "[2;3R",
  ]);
});

test("what was asked before is not asked again of who comes later", async () => {
  const server = await startProjectServer(newLife());
  const ada = await server.connect();
  const screen = await watch(ada);
  await type(ada, "printf '\\e[c\\e[6n\\e]11;?\\a\\e[?1049$p'; echo qu''iet\r");
  await until(() => screen.rows().some((row) => row.includes("quiet"))); // behind what was answered by then
  const { answer } = await watch(await server.connect());
  for (const question of ["\x1b[c", "\x1b[6n", "\x1b]11;?", "\x1b[?1049$p"])
    expect(answer.screen).not.toContain(question);
});

test("whoever opens a full-screen program sees all of it, however much went by, and what is behind it", async () => {
  const server = await startProjectServer(newLife());
  const ada = await server.connect();
  const first = await watch(ada);
  const draws = String.raw`
    process.stdin.setRawMode(true);
    process.stdout.write("\x1b[?1049h\x1b[2J\x1b[H\x1b[44m\x1b[K heading\x1b[m\x1b[3;10r\x1b[?1h\x1b[?2004h\x1b[?1002h\x1b[?1006h\x1b[?25l\x1b]2;of-it\x07\x1b]11;#123456\x07");
    for (let i = 0; i < 60_000; i++) process.stdout.write("\x1b[" + (3 + (i % 8)) + ";1H\x1b[3" + (i % 8) + "mline " + i + "\x1b[K");
    process.stdin.once("data", () => { process.stdout.write("\x1b[r\x1b[?1049l"); process.exit(); });`;
  await writeFile(join(server.home, "draw.cjs"), draws);
  await type(ada, `PS1='$ '; clear; echo be''hind; '${process.execPath}' draw.cjs\r`);
  await until(() => first.rows().some((row) => row === "line 59999"));
  const second = await watch(await server.connect());
  expect(second.answer.screen?.length).toBeLessThan(10_000);
  await until(() => JSON.stringify(second.rows()) === JSON.stringify(first.rows()));
  expect(second.rows()[0]).toBe(" heading");
  expect(second.terminal.buffer.active.type).toBe("alternate");
  expect(second.terminal.modes).toEqual(first.terminal.modes);
  for (const part of ["\x1b]2;of-it", "\x1b]11;#123456", "\x1b[?25l", "\x1b[?1006h", "\x1b[3;10r"])
    expect(second.answer.screen).toContain(part);
  await type(ada, "q");
  await until(() => second.rows()[0] === "behind");
});

test("a new terminal is nobody's that runs, nor a closed tab's, nor one that its asker still shows", async () => {
  const server = await startProjectServer(newLife());
  const [ada, grace] = [await server.connect(), await server.connect()];
  const create = async (client: ProjectClient, taken: string[] = []) =>
    (await client.ask("terminal_create", { ...SIZE, taken })).terminal.name;
  await watch(ada, { name: "main" });
  expect(await create(ada)).toBe("2");
  await watch(ada, { name: "2" });
  expect(await create(grace)).toBe("3");
  await ada.ask("terminal_close", { name: "2" });
  await ada.ask("terminal_kill", { name: "3" });
  expect(await create(ada, ["4", "5"])).toBe("6");
  await watch(grace, { name: "41" });
  expect(await create(grace)).toBe("42");
  expect(new Set(await Promise.all([1, 2, 3].map(() => create(ada)))).size).toBe(3);
});

test("a new terminal is not the one that a tab from before a restart of the project opens again", async () => {
  const root = await temporaryFolder(newLife(), "project");
  const before = newLife();
  const graces = await (await (await startProjectServer(before, { root })).connect()).ask("terminal_create", {
    ...SIZE,
    taken: [],
  });
  await before.stop();
  const again = await startProjectServer(newLife(), { root });
  const adas = await (await again.connect()).ask("terminal_create", { ...SIZE, taken: [] });
  expect(adas.terminal.name).not.toBe(graces.terminal.name);
});

test.each(["", "-7", "9".repeat(40), "NaN", "9999999"])(
  "%j that its people put into the file of the last one does not keep terminals from being made",
  async (text) => {
    const server = await startProjectServer(newLife());
    await mkdir(join(server.home, ".cocalc/terminals"), { recursive: true });
    await writeFile(join(server.home, ".cocalc/terminals/last-number"), text);
    const { terminal } = await (await server.connect()).ask("terminal_create", { ...SIZE, taken: [] });
    expect(terminal.name).toBe("2");
  },
);

test("bytes of the mouse's old reports reach the program as they are", async () => {
  const server = await startProjectServer(newLife());
  const ada = await server.connect();
  const screen = await watch(ada);
  await type(ada, "stty raw -echo; echo rea''dy; head -c 6 > heard; stty sane; echo ha''s\r");
  await until(() => screen.rows().some((row) => row.includes("ready")));
  await ada.ask("terminal_input", { name: "t", text: "\x1b[M\x20\xe8\xf0", binary: true });
  await until(() => screen.rows().some((row) => row.includes("has")));
  expect(await readFile(join(server.home, "heard"))).toEqual(Buffer.from("\x1b[M\x20\xe8\xf0", "latin1"));
});

test("wide characters, marks, joined emoji and flags stand where bash thinks they do while a line is edited", async () => {
  const server = await startProjectServer(newLife());
  const ada = await server.connect();
  const screen = await watch(ada);
  await type(ada, "PS1='$ '; clear\r");
  await until(() => screen.rows()[0]?.trim() === "$");
  for (const text of ["⏳", "✅", "😀", "e\u0301", "👩\u200d💻", "🇩🇪", "👍🏽", "❤\ufe0f", "漢字", "🫠"]) {
    await type(ada, `${text}|\x01: '\x05'`); // to the beginning, two letters, to the end
    await until(() => screen.rows()[0]?.endsWith("|'"));
    expect(screen.rows()[0]).toBe(`$ : '${text}|'`);
    await type(ada, "\x15");
    await until(() => screen.rows()[0]?.trim() === "$");
  }
});
