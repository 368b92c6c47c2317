import { spawn } from "node:child_process";
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
  const report = join(await temporaryFolder(newLife()), "report.json");
  const run = (then: string) =>
    spawn(process.execPath, ["--eval", `require("node:fs").writeFileSync(${JSON.stringify(report)}, "{}"); ${then}`]);
  expect(await exitAfterReport(run("process.exit(3)"), report)).toBe(3);
  expect(await exitAfterReport(run("for (;;) {}"), report, 500)).toBeNull();
});
