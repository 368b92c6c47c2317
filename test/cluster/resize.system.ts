/** Resizing on a real cluster: what a running project may use changes in its control group, without a restart. */
import { expect, test } from "@jest/globals";
import type { PendingQuota, RunQuota } from "../../src/protocol/quotas.ts";
import { until } from "../helpers/until.ts";
import { runScript, startProject } from "./person.ts";
import { inState, openTestWorld, podOf, startEnded } from "./world.ts";

const { world, ada } = await openTestWorld();
const PATIENCE = { timeoutMs: 120_000, everyMs: 200 };

/** What the kernel allows the project's container: cores, and bytes of memory. */
async function allowed(projectId: string): Promise<{ cores: number; bytes: number }> {
  const [cpu = "", memory = ""] = (await runScript(ada, projectId, READ_LIMITS)).trim().split("\n");
  const [quota, period] = cpu.split(" ").map(Number);
  return { cores: (quota ?? 0) / (period ?? 1), bytes: Number(memory) };
}

const READ_LIMITS = `cd /sys/fs/cgroup
if [ -f cpu.max ]; then cat cpu.max memory.max
else echo $(cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us); cat memory/memory.limit_in_bytes; fi`;

const MIB = 2 ** 20;

interface Quotas {
  run_quota: RunQuota;
  pending_quota: PendingQuota | null;
}

async function quotasOf(projectId: string): Promise<Quotas | undefined> {
  const sql = "SELECT run_quota, pending_quota FROM projects WHERE project_id = $1";
  return (await world.db.query<Quotas>(sql, [projectId]))[0];
}

async function runningProject() {
  const projectId = await startProject(ada);
  await inState(world, projectId, "running");
  await startEnded(world, projectId);
  const pod = await podOf(world, projectId);
  return { projectId, uid: pod?.metadata.uid };
}

async function expectSamePod(projectId: string, uid: string | undefined): Promise<void> {
  const pod = await podOf(world, projectId);
  expect(pod?.metadata.uid).toBe(uid);
  expect(pod?.status?.containerStatuses?.[0]?.restartCount).toBe(0);
}

const GIVE = "UPDATE projects SET site_license = jsonb_build_object($2::text, '{}'::jsonb) WHERE project_id = $1";

test("the limits of a project are its container's, and a licence changes them where it runs", async () => {
  const { projectId, uid } = await runningProject();
  const before = await quotasOf(projectId);
  expect(await allowed(projectId)).toEqual({
    cores: before?.run_quota.cpu_limit,
    bytes: (before?.run_quota.memory_limit ?? 0) * MIB,
  });
  const [license] = await world.db.query<{ id: string }>(
    "INSERT INTO site_licenses (title, activates, quota) VALUES ('Test', now() - interval '1 day', $1) RETURNING id",
    [{ ram: 3, cpu: 1.5, member: true, idle_timeout: "medium" }],
  );
  await world.db.execute(GIVE, [projectId, license?.id]);
  await until(async () => (await allowed(projectId)).bytes === 3_000 * MIB, PATIENCE);
  expect(await allowed(projectId)).toEqual({ cores: 1.5, bytes: 3_000 * MIB });
  const after = await until(async () => {
    const quotas = await quotasOf(projectId);
    return quotas?.pending_quota?.reason !== "under_way" && quotas;
  }, PATIENCE);
  expect(after.run_quota).toMatchObject({ memory_limit: 3_000, cpu_limit: 1.5 });
  await expectSamePod(projectId, uid);
});

test("a memory limit below what is in use is refused in words, and nothing hangs", async () => {
  const { projectId, uid } = await runningProject();
  await world.db.execute("UPDATE projects SET settings = $2 WHERE project_id = $1", [projectId, { memory: 2_500 }]);
  await until(async () => (await allowed(projectId)).bytes === 2_500 * MIB, PATIENCE);
  await runScript(
    ada,
    projectId,
    "setsid python3 -c 'import time; x = b\"x\" * (1200 << 20); time.sleep(600)' >/dev/null 2>&1 < /dev/null &",
  );
  const used = async () => Number(await runScript(ada, projectId, "ps -o rss= -C python3 | sort -n | tail -1")) * 1_024;
  await until(async () => (await used()) > 1_200 * MIB, PATIENCE);
  await world.db.execute("UPDATE projects SET settings = '{}' WHERE project_id = $1", [projectId]);
  const told = await until(async () => {
    const quotas = await quotasOf(projectId);
    return quotas?.pending_quota?.reason === "memory_in_use" && quotas;
  }, PATIENCE);
  expect(told.run_quota.memory_limit).toBe(2_500);
  expect(told.pending_quota?.message).toMatch(
    /^The project uses (\d+(\.\d+)? GB of memory, which is more than its new limit|more memory than its new limit allows)\. It keeps 2\.5 GB/,
  );
  await until(async () => {
    const conditions = (await podOf(world, projectId))?.status?.conditions ?? [];
    return !conditions.some(({ type }) => type.startsWith("PodResize"));
  }, PATIENCE);
  expect((await allowed(projectId)).bytes).toBe(2_500 * MIB);
  await expectSamePod(projectId, uid);
});
