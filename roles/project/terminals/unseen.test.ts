/** Terminals that nobody looks at, whose programs put out more than anybody could read. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { startProjectProcess } from "../../../test/helpers/project-process.ts";
import { type ProjectClient, startProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";

const newLife = testLives();
const SIZE = { cols: 80, rows: 24 };

/** Has the shell of a terminal do something, and leaves it. */
async function leaveRunning(client: ProjectClient, name: string, command: string): Promise<void> {
  await client.ask("terminal_open", { name, ...SIZE });
  await client.ask("terminal_input", { name, text: `${command}\r` });
  await client.ask("terminal_close", { name });
}

/** Milliseconds of the processor that the thread of a server has had. */
async function threadTime(pid: number): Promise<number> {
  const [nanoseconds = ""] = (await readFile(`/proc/${pid}/task/${pid}/schedstat`, "utf8")).split(" ");
  return Number(nanoseconds) / 1e6;
}

test("floods of output in tabs that were closed leave most of the server's thread to everybody else", async () => {
  const server = await startProjectProcess(newLife());
  const ada = await server.connect();
  for (const name of ["1", "2", "3"]) await leaveRunning(ada, name, "yes a flood that nobody sees");
  const [time, began] = [await threadTime(server.pid), performance.now()];
  await until(
    async () => {
      expect((await server.fetch("/api/status")).status).toBe(200);
      return performance.now() - began > 3_000;
    },
    { everyMs: 100 },
  );
  const share = ((await threadTime(server.pid)) - time) / (performance.now() - began);
  expect(share).toBeLessThan(0.6); // it is 1 where nothing bounds them
  const seen = await ada.ask("terminal_open", { name: "2", ...SIZE });
  expect(seen.screen).toContain("a flood that nobody sees");
});

test("much output that nobody sees comes to its end, also when its shell ends with it, and is on the screen for whoever looks then", async () => {
  const server = await startProjectServer(newLife());
  const ada = await server.connect();
  const much = "seq -f 'line %09.0f of much' 100000"; // 2 MB
  const alone = "until [ -e alone ]; do sleep 0.1; done";
  await leaveRunning(ada, "1", `${alone}; ${much}; echo at its en''d; sleep 1000`);
  await leaveRunning(ada, "2", `${alone}; exec ${much}`);
  await writeFile(join(server.home, "alone"), "");
  await until(
    async () => {
      const { terminals } = await ada.ask("terminal_list", {});
      return terminals.find(({ name }) => name === "2")?.exitCode === 0;
    },
    { timeoutMs: 200_000, everyMs: 100 },
  );
  const look = async (name: string) => (await ada.ask("terminal_open", { name, ...SIZE })).screen ?? "";
  expect(await look("2")).toContain("000100000 of much");
  await until(async () => (await look("1")).includes("at its end"), { timeoutMs: 200_000, everyMs: 200 });
  expect(await look("1")).toContain("000100000 of much");
});
