import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { temporaryFolder } from "../../test/helpers/folder.ts";
import { testLives } from "../../test/helpers/life.ts";
import { largestProcesses } from "./memory/largest.ts";
import { ownProcesses } from "./own-processes.ts";
import { runningNow } from "./running.ts";

const newLife = testLives();

test("on one machine what was started in the background was not the project's once its shell had ended", async () => {
  const life = newLife();
  const cgroups = await temporaryFolder(life, "group");
  // As a shell does that people have left.
  const { stdout } = await promisify(execFile)("sh", ["-c", "sleep 600 >/dev/null 2>&1 & echo $!"]);
  const pid = Number(stdout);
  life.defer("sleep", () => void process.kill(pid, "SIGKILL"));
  const whose = { ownContainer: false, cgroups };
  const pids = async () => (await ownProcesses(whose)).map((info) => info.pid);
  expect(await pids()).toContain(process.pid);
  expect(await pids()).not.toContain(pid);
  await writeFile(join(cgroups, "cgroup.procs"), `1\n${pid}\n999999999`);
  expect(await pids()).toEqual(expect.arrayContaining([pid, process.pid]));
  expect((await runningNow([], whose)).programs).toContain("sleep 600");
  expect((await largestProcesses(whose)).map((info) => info.pid)).toContain(process.pid);
});
