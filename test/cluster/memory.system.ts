/** Memory that runs out on a real node: a program in a project is killed, and its server with everything else. */
import { describe, expect, test } from "@jest/globals";
import type { OutOfMemory } from "../../src/protocol/project-status.ts";
import { until } from "../helpers/until.ts";
import { openProject, runScript, startProject } from "./person.ts";
import { inState, openTestWorld, podOf } from "./world.ts";

const { life, world, ada } = await openTestWorld();
const { project_id: projectId } = await ada.call("projects/create", { title: "Greedy" });
await ada.call("projects/start", { project_id: projectId });
await inState(world, projectId, "running");

/** What a project has of which nobody said anything, in bytes: no project has less. */
const LIMIT = 1_000 * 2 ** 20;
/** Takes memory step by step, as programs do that compute, until there is none. */
const GREEDY = "node -e 'const taken = []; setInterval(() => taken.push(Buffer.alloc(40e6, 1)), 200)'";
/** Many programs take a little each, so that the largest is the project's server: that one is then killed. `tail` keeps what it reads. */
const MANY =
  "for i in {1..60}; do (head -c 25000000 /dev/zero; exec sleep 60) | tail -c 50000000 > /dev/null & done; wait";

async function logged(): Promise<OutOfMemory[]> {
  const { log } = await ada.call("projects/log", { project_id: projectId, limit: 50 });
  return log.flatMap(({ event }: { event: object & { event: string } }) =>
    event.event === "project_out_of_memory" ? [event as unknown as OutOfMemory] : [],
  );
}

/** Cgroup v2 ends the whole container, unless its kubelet was told otherwise. */
const endsAll = (await runScript(ada, projectId, "cat /sys/fs/cgroup/memory.oom.group || true")).trim() === "1";

describe("a project that runs out of memory", () => {
  (endsAll ? test.skip : test)("goes on when a program was killed, and is told which, how large and when", async () => {
    const { socket } = await openProject(life, ada, projectId);
    const told: OutOfMemory[] = [];
    socket.on("out_of_memory", (what) => told.push(what));
    await runScript(ada, projectId, GREEDY);
    await until(() => told.length > 0, { timeoutMs: 60_000 });
    expect(told[0]).toMatchObject({ process: "node", limit: LIMIT, whole: false });
    expect(told[0]?.used).toBeGreaterThan(200e6);
    await ada.fetch(`/${projectId}/api/status`); // as the page does that was told
    await until(async () => (await logged()).length === 1, { timeoutMs: 30_000 });
    expect((await logged())[0]).toMatchObject({ ...told[0] });
    expect((await podOf(world, projectId))?.status?.containerStatuses?.[0]?.restartCount).toBe(0);
  });

  test("is ended as a whole where its first process is killed, and is told what used the most once it is back", async () => {
    await runScript(ada, projectId, endsAll ? GREEDY : MANY).catch(() => {}); // nobody is left to answer
    await until(async () => (await podOf(world, projectId))?.status?.containerStatuses?.[0]?.restartCount === 1, {
      timeoutMs: 120_000,
    });
    const status = (await podOf(world, projectId))?.status?.containerStatuses?.[0];
    expect(status?.lastState?.terminated).toMatchObject({ reason: "OOMKilled", exitCode: 137 });
    const whole = async () => (await logged()).find((end) => end.whole && end.process !== undefined);
    const end = await until(whole, { timeoutMs: 120_000, everyMs: 500 });
    expect(end).toMatchObject({ process: endsAll ? "node" : "the project's server", limit: LIMIT });
    expect(end.used).toBeGreaterThan(endsAll ? 200e6 : 30e6);
    await inState(world, projectId, "running");
    expect(await (await ada.fetch(`/${projectId}/api/status`)).json()).toMatchObject({ outOfMemory: { whole: true } });
  });
});

test("a project with a broken home is started in rescue mode, mended there, and starts normally again", async () => {
  const id = await startProject(ada, { title: "Broken" });
  await inState(world, id, "running");
  await runScript(ada, id, "echo 'kill 1' > project_init.sh; echo 'touch ~/executed' > .bash_env");
  await ada.call("projects/stop", { project_id: id });
  await inState(world, id, "opened");
  await ada.call("projects/start", { project_id: id, rescue: true });
  expect(await inState(world, id, "running")).toMatchObject({ rescue: true });
  const script = 'rm project_init.sh; ls -A; echo "HOME=$HOME PWD=$PWD"';
  const said = await runScript(ada, id, script);
  expect(said).toMatch(/HOME=\/tmp\/rescue-\S+ PWD=\/home\/user\n/);
  expect(said).not.toMatch(/^executed$/m);
  await ada.call("projects/stop", { project_id: id });
  await inState(world, id, "opened");
  await ada.call("projects/start", { project_id: id });
  const state = await inState(world, id, "running");
  expect(state.rescue).toBeUndefined();
});
