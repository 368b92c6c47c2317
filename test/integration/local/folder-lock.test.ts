/** The lock of a data folder, taken by processes that race for it and are killed. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "@jest/globals";
import type { Life } from "../../../src/core/life.ts";
import { isLocked, lockFolder } from "../../../src/local/folder-lock.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { testLives } from "../../helpers/life.ts";

const newLife = testLives();

/** Takes the lock when it is told to, says what came of it, and keeps the lock until it is killed. */
const RACER = `
import { createInterface } from "node:readline";
import { Life } from ${JSON.stringify(import.meta.resolve("../../../src/core/life.ts"))};
import { lockFolder } from ${JSON.stringify(import.meta.resolve("../../../src/local/folder-lock.ts"))};
console.log("ready");
for await (const folder of createInterface(process.stdin)) {
  console.log(await lockFolder(new Life("racer"), folder).then(() => "won", (error) => error.message));
}
`;

interface Racer {
  child: ChildProcess;
  next(): Promise<string>;
}

async function startRacer(life: Life): Promise<Racer> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", RACER], { stdio: ["pipe", "pipe", "inherit"] });
  life.defer("racer", () => kill(child));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => String((await lines.next()).value);
  expect(await next()).toBe("ready");
  return { child, next };
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  if (child.kill("SIGKILL")) await ended;
}

test("of many instances that start at once after one was killed, one has the folder", async () => {
  const life = newLife();
  const folder = await temporaryFolder(life);
  const racers = await Promise.all(Array.from({ length: 8 }, () => startRacer(life)));
  while (racers.length > 1) {
    for (const { child } of racers) child.stdin?.write(`${folder}\n`);
    const answers = await Promise.all(racers.map(({ next }) => next()));
    const winners = racers.filter((_, index) => answers[index] === "won");
    expect(winners).toHaveLength(1);
    for (const answer of answers) expect(answer).toMatch(/^won$|^Another instance.* uses the data folder/);
    expect(isLocked(folder)).toBe(true);
    for (const { child } of winners) await kill(child);
    racers.splice(0, racers.length, ...racers.filter((racer) => !winners.includes(racer)));
  }
  expect(isLocked(folder)).toBe(false);
}, 300_000);

test("a folder is refused with the process that has it, and free when its life is over", async () => {
  const folder = await temporaryFolder(newLife());
  expect(isLocked(folder)).toBe(false);
  const life = newLife();
  await lockFolder(life, folder);
  await expect(lockFolder(newLife(), folder)).rejects.toThrow(`Another instance (process ${process.pid})`);
  expect(await life.stop()).toEqual([]);
  await lockFolder(newLife(), folder);
});
