import { expect, test } from "@jest/globals";
import { testLives } from "../../test/helpers/life.ts";
import { startProjectServer } from "../../test/helpers/project-server.ts";
import { until } from "../../test/helpers/until.ts";
import { startedByPeople } from "./running.ts";

const newLife = testLives();

const process = (pid: number, parent: number, command: string) => ({
  pid,
  parent,
  command,
  session: 0,
  foreground: 0,
  cpuSeconds: 0,
  memory: 0,
});

test("what people started is told by its command; shells, the server and what programs started themselves are not", () => {
  const all = [
    process(1, 0, "/sbin/init"),
    process(10, 1, "node server"),
    process(11, 10, "-bash"),
    process(12, 11, "python train.py"),
    process(13, 12, "python train.py --worker"),
    process(14, 10, "/usr/bin/bash -l"),
    process(15, 1, "sleep 1000"),
    process(16, 10, "bash -c while true; do date; done"),
    process(17, 16, "date"),
    process(18, 1, ""),
  ];
  expect(startedByPeople(all, 10)).toEqual(["python train.py", "sleep 1000", "bash -c while true; do date; done"]);
});

test("whoever is about to stop a project is told who is there and what runs", async () => {
  const server = await startProjectServer(newLife());
  const bob = { sub: "3f0e6c0a-0d5c-4d2e-9c8b-000000000002", name: "Bob" };
  const running = async () => (await server.fetch("/api/running")).json();
  expect((await running()).people).toEqual([]);
  const client = await server.connect(bob);
  await client.ask("terminal_open", { name: "main", cols: 80, rows: 24 });
  await client.ask("terminal_input", { name: "main", text: "sleep 98765\n" });
  await until(async () => (await running()).programs.includes("sleep 98765"));
  expect((await running()).people).toEqual([{ account_id: bob.sub, name: "Bob" }]);
  client.socket.disconnect();
  await until(async () => (await running()).people.length === 0);
});
