import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { temporaryFolder } from "../../../test/helpers/folder.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { MemoryGroup } from "./memory-group.ts";

const newLife = testLives();

test("the folder of a pod that has ended can be removed while its memory is still being looked at", async () => {
  const root = await temporaryFolder(newLife(), "memory");
  const group = new MemoryGroup(join(root, "group"));
  await group.begin();
  const look = (bytes: number) =>
    group.isOver({ processes: [{ pid: 1, bytes }], limit: 1e9, main: undefined, kills: "process" });
  await look(1_000);
  const names = ["cgroup.procs", "memory.current", "memory.events", "memory.max"];
  expect((await readdir(group.folder)).sort()).toEqual(names);
  const last = look(2_000);
  await group.end();
  await rm(group.folder, { recursive: true });
  await Promise.all([last, look(3_000)]);
  expect(await readdir(root)).toEqual([]);
});
