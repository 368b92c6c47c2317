/** How a process ends, run as one. */

import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { expect, test } from "@jest/globals";

const from = (path: string) => JSON.stringify(import.meta.resolve(`../../../src/${path}`));

/** Runs a process whose one part is made by `start`, an async function of its life in JavaScript. */
async function runPart(start: string) {
  const program = `
import { openLog } from ${from("core/log.ts")};
import { runProcess } from ${from("boot/run-process.ts")};
const log = openLog({ level: "info" });
await runProcess({ log, stopSeconds: 5, endsByItself: true }, ${start});
`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "pipe"] });
  const status = new Promise((resolve) => child.once("exit", resolve));
  const lines = (await text(child.stderr)).trim().split("\n");
  return { status: await status, lines: lines.map((line) => JSON.parse(line)) };
}

test("a process that stops well says so, with status 0", async () => {
  const { status, lines } = await runPart("async () => {}");
  expect(status).toBe(0);
  expect(lines.at(-1)).toMatchObject({ level: "info", msg: "stopped", failed: false });
});

test.each([
  ["thrown", 'setImmediate(() => { throw new Error("the disk is full"); })'],
  ["rejected", 'Promise.reject(new Error("the disk is full"))'],
])(
  "an error that is %s where nobody catches it, while the process stops, is told, and the status is 1",
  async (_how, act) => {
    const { status, lines } = await runPart(`async (life) => {
    life.defer("part", async () => {
      void ${act};
      await new Promise((done) => setImmediate(() => setImmediate(done)));
    });
  }`);
    expect(status).toBe(1);
    expect(lines.at(-2)).toMatchObject({ level: "error", err: { message: "the disk is full" } });
    expect(lines.at(-1)).toMatchObject({ level: "error", msg: "stopped", failed: true, reason: "the disk is full" });
  },
);

const FOREVER = "await new Promise((done) => setTimeout(done, 60_000));";

/** A part whose undo lasts until the process is ended by force. */
const ENDLESS = 'async (life) => { life.defer("part", () => new Promise(() => setInterval(() => {}, 1_000))); ';

test("a Ctrl-C that npm passes on too, so that it comes twice, ended the process before anything was undone", async () => {
  const twice = 'process.kill(process.pid, "SIGINT"); process.kill(process.pid, "SIGINT");';
  const { status, lines } = await runPart(`async (life) => {
    life.defer("part", () => new Promise((done) => { process.once("SIGINT", done); ${twice} }));
    ${twice}
    ${FOREVER}
  }`);
  expect({ status, last: lines.at(-1) }).toMatchObject({ status: 0, last: { msg: "stopped", failed: false } });
});

test("a second Ctrl-C ends a process whose stopping takes long", async () => {
  const again = 'setInterval(() => process.kill(process.pid, "SIGINT"), 100);';
  const { status } = await runPart(`${ENDLESS} ${again} ${FOREVER} }`);
  expect(status).toBe(130);
});

test("a terminal that is closed stops a process as any signal does", async () => {
  const { status, lines } = await runPart(`async () => { process.kill(process.pid, "SIGHUP"); ${FOREVER} }`);
  expect({ status, last: lines.at(-1) }).toMatchObject({ status: 0, last: { msg: "stopped", failed: false } });
});

test("of two errors that nobody caught in one turn the second was lost", async () => {
  const { status, lines } = await runPart(`async () => {
    void Promise.reject(new Error("the network is gone"));
    void Promise.reject(new Error("the disk is full"));
    ${FOREVER}
  }`);
  expect(status).toBe(1);
  expect(lines).toContainEqual(
    expect.objectContaining({ err: expect.objectContaining({ message: "the disk is full" }) }),
  );
  expect(lines.at(-1)).toMatchObject({ msg: "stopped", failed: true, reason: "the network is gone" });
});

test("an error that nobody caught was lost, with status 0, when it came in one turn with a signal", async () => {
  const { status, lines } = await runPart(`async () => {
    process.once("SIGTERM", () => { throw new Error("the disk is full"); });
    process.kill(process.pid, "SIGTERM");
    ${FOREVER}
  }`);
  expect(status).toBe(1);
  expect(lines.at(-1)).toMatchObject({ level: "error", msg: "stopped", failed: true, reason: "the disk is full" });
});
