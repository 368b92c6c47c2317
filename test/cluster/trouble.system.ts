/** Trouble on a real cluster: whatever goes wrong with a project's pod comes to a truthful end, in words. */
import { expect, test } from "@jest/globals";
import { type LogEntry, wordsOfEvent } from "../../src/app/core/log-view.ts";
import { until } from "../helpers/until.ts";
import { MISSING_IMAGE } from "./deploy/project-config.ts";
import { runScript, startProject } from "./person.ts";
import {
  eachNode,
  inState,
  latestStart,
  openTestWorld,
  podOf,
  projectRow,
  startEnded,
  testOnOwnCluster,
} from "./world.ts";

const { world, ada } = await openTestWorld();

test("an image that does not exist: the start fails and says which image and why; in rescue mode there are its files", async () => {
  const projectId = await startProject(ada, { image: MISSING_IMAGE });
  const start = await startEnded(world, projectId, 240_000);
  expect(start).toMatchObject({ outcome: "failed", reason: "image_pull_failed" });
  expect(start.kubernetes_reason).toMatch(/ErrImagePull|ImagePullBackOff/);
  expect(start.message).not.toBe("");
  await until(async () => (await podOf(world, projectId)) === undefined, { timeoutMs: 60_000 });
  const row = await inState(world, projectId, "opened");
  expect(row.state).toBe("opened");
  expect((await projectRow(world, projectId)).action_request?.err).toBeTruthy();
  await ada.call("projects/start", { project_id: projectId, rescue: true });
  expect(await inState(world, projectId, "running")).toMatchObject({ rescue: true });
  expect(await runScript(ada, projectId, "echo kept > notes.txt; cat notes.txt")).toBe("kept\n");
});

test("out of memory: the project says so, and is back with its files", async () => {
  const projectId = await startProject(ada);
  await inState(world, projectId, "running");
  await runScript(ada, projectId, `echo kept > notes.txt\n${EAT_MEMORY}`);
  const told = await until(async () => (await projectRow(world, projectId)).state?.error, { timeoutMs: 60_000 });
  expect(told).toMatch(/The project needed more memory than it may use and was ended; use less, or ask for more\./);
  await inState(world, projectId, "running");
  expect(await runScript(ada, projectId, "cat notes.txt")).toBe("kept\n");
  const status = (await podOf(world, projectId))?.status?.containerStatuses?.[0];
  expect(status?.lastState?.terminated).toMatchObject({ reason: "OOMKilled", exitCode: 137 });
  const entry = await until(
    async () => {
      const { log } = await ada.call("projects/log", { project_id: projectId, limit: 50 });
      return log.find(({ event }: LogEntry) => event.event === "project_out_of_memory" && "process" in event);
    },
    { timeoutMs: 60_000 },
  );
  expect(wordsOfEvent(entry).words).toMatch(
    /^ran out of memory\. Everything in the project was ended\..* All programs of the project together may use 1 GB\.$/,
  );
});

/**
 * Offers the project's server to the kernel first, then fills the container with processes too small to be chosen.
 * In the background, a moment later: the request that brings it is to be answered.
 */
const EAT_MEMORY = [
  "cat > eat.sh <<'END'",
  "sleep 1",
  "for pid in $(pgrep -f 'main.js --role=project'); do echo 1000 > /proc/$pid/oom_score_adj; done",
  "for i in $(seq 40); do python3 -c 'import time; x = bytearray(40 << 20); time.sleep(60)' & done",
  "wait",
  "END",
  "setsid bash eat.sh > /dev/null 2>&1 < /dev/null &",
].join("\n");

test("a pod deleted behind our back is noticed within a second or two, and can be started again", async () => {
  const projectId = await startProject(ada);
  await inState(world, projectId, "running");
  const name = (await podOf(world, projectId))?.metadata.name ?? "";
  await world.kubectl(["delete", "pod", "-n", world.target.site.namespace, name, "--wait=false"]);
  await until(async () => (await projectRow(world, projectId)).state?.state !== "running", { timeoutMs: 10_000 });
  await inState(world, projectId, "opened", 60_000);
  await ada.call("projects/start", { project_id: projectId });
  await inState(world, projectId, "running");
});

testOnOwnCluster("no node takes pods: the project waits, says why, and runs when there is one again", async () => {
  await eachNode(world, "cordon");
  try {
    const projectId = await startProject(ada);
    await inState(world, projectId, "pending");
    const waiting = await until(
      async () => {
        const start = await latestStart(world, projectId);
        return start?.reason === "no_room" && start;
      },
      { timeoutMs: 30_000 },
    );
    expect(waiting.message).not.toBe("");
    expect(waiting.kubernetes_reason).toMatch(/unschedulable/i);
    await eachNode(world, "uncordon");
    await inState(world, projectId, "running");
  } finally {
    await eachNode(world, "uncordon");
  }
});

testOnOwnCluster("a stop while no node takes the pod wins at once", async () => {
  await eachNode(world, "cordon");
  try {
    const projectId = await startProject(ada);
    await inState(world, projectId, "pending");
    await ada.call("projects/stop", { project_id: projectId });
    await inState(world, projectId, "opened", 20_000);
    expect(await startEnded(world, projectId)).toMatchObject({ outcome: "cancelled" });
    expect(await podOf(world, projectId)).toBeUndefined();
  } finally {
    await eachNode(world, "uncordon");
  }
});
