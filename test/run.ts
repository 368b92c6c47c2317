/** `npm test`: runs the ring that needs only Node (after building what a browser is served), and ends with one plain line that counts. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
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
  success: boolean;
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
export async function runTool(script: string, args: string[], surroundings: Surroundings = {}): Promise<number> {
  return (await exitOf(startTool(script, args, surroundings))) ?? 1;
}

function startTool(script: string, args: string[], { env = {}, enter = [] }: Surroundings): ChildProcess {
  const nodeOptions = "--experimental-vm-modules --disable-warning=ExperimentalWarning";
  const [program = process.execPath, ...rest] = [...enter, process.execPath, join(root, script), ...args];
  return spawn(program, rest, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...environment(), NODE_OPTIONS: nodeOptions, ...env },
  });
}

/** The exit status; null: a signal ended it. */
function exitOf(child: ChildProcess): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.once("exit", resolve);
  return promise;
}

/** How long a process may take to end after its report. */
const ENDING_MS = 60_000;

/**
 * The exit status of a process whose last deed is to write `report`; null if it did not end in time after that, and was killed.
 * Node can hang on its way out, when nothing of ours runs in it any more that could end it.
 */
export async function exitAfterReport(child: ChildProcess, report: string, endingMs = ENDING_MS) {
  let reportedMs: number | undefined;
  const timer = setInterval(() => {
    if (existsSync(report)) reportedMs ??= performance.now();
    if (reportedMs !== undefined && performance.now() - reportedMs > endingMs) child.kill("SIGKILL");
  }, endingMs / 10);
  const status = await exitOf(child);
  clearInterval(timer);
  return status;
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
  await rm(reportFile, { force: true }); // of an earlier process with our id, which was killed
  const jest = startTool(
    "node_modules/jest/bin/jest.js",
    [...args, "--json", `--outputFile=${reportFile}`],
    surroundings,
  );
  const status = await exitAfterReport(jest, reportFile);
  const report = JSON.parse(await readFile(reportFile, "utf8")) as Report; // written by jest
  await rm(reportFile, { force: true });
  const skipped = report.numPendingTests + report.numTodoTests;
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  if (status === null) process.stderr.write("The tests were over, but their process did not end and was killed.\n");
  const isWell = status === null ? report.success : status === 0;
  return { passed: report.numPassedTests, failed: failed === 0 && !isWell ? 1 : failed, skipped };
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
