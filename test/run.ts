/** `npm test`: runs the ring that needs only Node (after building what a browser is served), and ends with one plain line that counts. */

import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { environment } from "../src/core/env.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The part of jest's JSON report that is counted. */
interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numRuntimeErrorTestSuites: number;
}

/** Where a program runs: what is added to our environment, and words put before the command (such as those that enter a namespace). */
export interface Surroundings {
  env?: Record<string, string>;
  enter?: readonly string[];
}

/** What reads and writes times is tested in another zone too; `pg` by itself takes a TIMESTAMP for local time. */
const ABOUT_TIME = [
  "test/integration/db/db.test.ts",
  "test/integration/manage/serving",
  "src/domain/starts",
  "test/integration/hub-next/projects",
];
/** 12 hours and 45 minutes ahead of UTC, 13:45 in summer: no mistake of a zone goes unseen. */
const ODD_ZONE = "Pacific/Chatham";

/** Runs a program of node_modules with Node's module flags and resolves with its exit status. */
export function runTool(script: string, args: string[], { env = {}, enter = [] }: Surroundings = {}): Promise<number> {
  const nodeOptions = "--experimental-vm-modules --disable-warning=ExperimentalWarning";
  const [program = process.execPath, ...rest] = [...enter, process.execPath, join(root, script), ...args];
  const child = spawn(program, rest, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...environment(), NODE_OPTIONS: nodeOptions, ...env },
  });
  const { promise, resolve } = Promise.withResolvers<number>();
  child.on("exit", (code) => resolve(code ?? 1));
  return promise;
}

/** What a ring ends with. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** The counts of a whole ring in which every test can run: what was skipped has failed, or a ring could fall silent unseen. */
export function allMustRun({ passed, failed, skipped }: Counts): Counts {
  if (skipped > 0) process.stderr.write(`${skipped} tests were skipped; here all can run, so each counts as failed.\n`);
  return { passed, failed: failed + skipped, skipped: 0 };
}

/** Runs jest with these arguments; prints and returns the counts. A suite that could not run counts as one failure. */
export async function runJest(args: string[], surroundings: Surroundings = {}): Promise<Counts> {
  const reportFile = join(tmpdir(), `cocalc-jest-${process.pid}.json`);
  const status = await runTool(
    "node_modules/jest/bin/jest.js",
    [...args, "--json", `--outputFile=${reportFile}`],
    surroundings,
  );
  const report = JSON.parse(await readFile(reportFile, "utf8")) as Report; // written by jest
  await rm(reportFile, { force: true });
  const skipped = report.numPendingTests + report.numTodoTests;
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return { passed: report.numPassedTests, failed: failed === 0 && status !== 0 ? 1 : failed, skipped };
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  const built = await runTool("scripts/build-app.ts", []);
  if (built !== 0) process.exit(built);
  const runs = [await runJest(args)];
  if (args.length === 0) runs.push(await runJest(ABOUT_TIME, { env: { TZ: ODD_ZONE } }));
  const total = (count: keyof Counts) => runs.reduce((sum, run) => sum + run[count], 0);
  const sum = { passed: total("passed"), failed: total("failed"), skipped: total("skipped") };
  const { passed, failed, skipped } = args.length === 0 ? allMustRun(sum) : sum;
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}
