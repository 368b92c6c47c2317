import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { temporaryFolder } from "./helpers/folder.ts";
import { testLives } from "./helpers/life.ts";
import { allMustRun, exitAfterReport } from "./run.ts";

const newLife = testLives();

test("a test that is skipped where all can run counts as failed", () => {
  expect(allMustRun({ passed: 3, failed: 1, skipped: 2 })).toEqual({ passed: 3, failed: 3, skipped: 0 });
  expect(allMustRun({ passed: 3, failed: 0, skipped: 0 })).toEqual({ passed: 3, failed: 0, skipped: 0 });
});

test("a runner of tests that hangs on its way out does not hold up those who wait for it", async () => {
  const folder = await temporaryFolder(newLife());
  const run = (name: string, then: string, endingMs: number) => {
    const report = join(folder, name);
    const write = `require("node:fs").writeFileSync(${JSON.stringify(report)}, "{}");`;
    const script = `setTimeout(() => { ${write} ${then} }, ${2 * endingMs})`;
    return exitAfterReport(spawn(process.execPath, ["--eval", script]), report, endingMs);
  };
  expect(await run("hangs", "for (;;) {}", 500)).toBeNull();
  expect(await readdir(folder)).toEqual(["hangs"]); // it had all the time that it took to report
  expect(await run("ends", "process.exit(3)", 5_000)).toBe(3);
});
