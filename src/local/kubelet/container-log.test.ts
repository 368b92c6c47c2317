/** Logs of containers: by last lines, with times, since a time, following, over a file that is turned over. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ContainerLog } from "./container-log.ts";
import { readLog } from "./log-reader.ts";

let folder: string;
let log: ContainerLog;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cocalc-log-"));
  log = await ContainerLog.create(join(folder, "main.0"));
});
afterEach(async () => {
  await log.close();
  await rm(folder, { recursive: true, force: true });
});

async function written(text: string | Buffer): Promise<void> {
  const output = new PassThrough();
  output.end(text);
  await log.copy("stdout", output);
}

const none = {
  follow: false,
  timestamps: false,
  tailLines: undefined,
  limitBytes: undefined,
  since: undefined,
  signal: new AbortController().signal,
};

async function read(wishes: Partial<typeof none> | object = {}): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readLog(log, { ...none, ...wishes })) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

test("whole, by its last lines, by bytes, with times and since a time", async () => {
  await written("one\ntwo\nthree\n");
  expect(await read()).toBe("one\ntwo\nthree\n");
  expect(await read({ tailLines: 2 })).toBe("two\nthree\n");
  expect(await read({ tailLines: 0 })).toBe("");
  expect(await read({ limitBytes: 5 })).toBe("one\nt");
  expect(await read({ timestamps: true, tailLines: 1 })).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z three\n$/);
  expect(await read({ since: Date.now() + 60_000 })).toBe("");
});

test("a line without end, one longer than a piece, and bytes that are no text come out as they went in", async () => {
  const long = "x".repeat(50_000);
  const bytes = Buffer.from([0xff, 0xfe, 0x0a]);
  await written(Buffer.concat([Buffer.from(`${long}\n`), bytes, Buffer.from("no end")]));
  const chunks: Buffer[] = [];
  for await (const chunk of readLog(log, none)) chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(Buffer.concat([Buffer.from(`${long}\n`), bytes, Buffer.from("no end")]))).toBe(
    true,
  );
});

test("following gets what comes, and ends when the container does", async () => {
  await written("before\n");
  const following = read({ follow: true });
  await written("after\n");
  await log.close();
  expect(await following).toBe("before\nafter\n");
});

test("a log that has grown long keeps its newest part, in at most two files", async () => {
  const line = `${"y".repeat(1_000)}\n`;
  const output = new PassThrough();
  const copied = log.copy("stdout", output);
  for (let i = 0; i < 24; i++) {
    if (!output.write(line.repeat(1_000))) await new Promise((resolve) => output.once("drain", resolve));
  }
  output.end("last\n");
  await copied;
  const text = await read();
  expect(text.endsWith("last\n")).toBe(true);
  expect(text.length).toBeLessThan(24_000_000);
  expect(text.length).toBeGreaterThan(9_000_000);
});
