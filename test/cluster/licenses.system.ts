/** Licences with a run limit while leaders die: never more projects than it has places, and every start ends truthfully. */
import { randomUUID } from "node:crypto";
import { expect } from "@jest/globals";
import type { WireBody } from "../contract/wire.ts";
import { until } from "../helpers/until.ts";
import { openPretendNode } from "./pretend-node.ts";
import { onceItCan, openTestWorld, testOnOwnCluster } from "./world.ts";

const STARTS = 200;
const PLACES = 50;
/** Two hundred projects are more than the machine of a test has room for: they run on a node that is none. */
const NODE = "pretended";
/** How many have a pod when leaders are killed. */
const KILLS_AT = [20, 90];
const WAIT = { timeoutMs: 120_000, everyMs: 200 };

const { life, world } = await openTestWorld();

testOnOwnCluster(
  `${STARTS} starts on a licence with ${PLACES} places while manage-action is killed twice: never more than ${PLACES}, and each ends truthfully`,
  async () => {
    const owner = randomUUID();
    const licenseId = await insertLicense();
    const most = { inCluster: 0, inLog: 0 };
    let made = 0;
    const onPods = (pods: WireBody[]) => {
      made = pods.length;
      most.inCluster = Math.max(most.inCluster, pods.filter(hasLicensed).length);
    };
    const nodeLife = life.child("pretended node");
    try {
      await openPretendNode(nodeLife, world, { name: NODE, onPods });
      await startAll(owner, licenseId);
      const look = async () => {
        most.inLog = Math.max(most.inLog, await usersOf(licenseId));
      };
      for (const count of KILLS_AT) {
        await until(async () => look().then(() => made >= count), WAIT);
        await killManageAction();
      }
      await until(async () => look().then(async () => (await unfinished(owner)) === 0), WAIT);
      expect(most).toEqual({ inCluster: PLACES, inLog: PLACES });
      expect(await ends(owner, licenseId)).toEqual([
        { status: "active", outcome: "running", err: null, count: PLACES },
        { status: "exhausted", outcome: "running", err: null, count: STARTS - PLACES },
      ]);
      await stopAll(owner);
      await until(async () => (await unfinished(owner)) === 0 && (await usersOf(licenseId)) === 0, WAIT);
    } finally {
      await nodeLife.stop();
    }
  },
  600_000,
);

/** As an administrator makes one who writes SQL. */
async function insertLicense(): Promise<string> {
  const [row] = await world.db.query<{ id: string }>(
    `INSERT INTO site_licenses (title, quota, run_limit, activates) VALUES ('Course', '{"ram":4,"cpu":1}', $1, '2000-01-01') RETURNING id`,
    [PLACES],
  );
  return row?.id ?? "";
}

/** Was the pod made with what the licence gives? */
function hasLicensed({ spec }: WireBody): boolean {
  const containers = spec?.containers as { resources?: { limits?: { memory?: string } } }[]; // every pod has them
  return containers.some(({ resources }) => resources?.limits?.memory?.startsWith("4000") === true);
}

const ASK =
  "jsonb_build_object('action', $2::text, 'time', to_char(clock_timestamp(), 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'))";

async function startAll(owner: string, licenseId: string): Promise<void> {
  await world.db.execute(
    `INSERT INTO projects (project_id, title, users, settings, site_license, action_request)
     SELECT gen_random_uuid(), 'One of many', jsonb_build_object($1::text, '{"group":"owner"}'::jsonb), jsonb_build_object('pool', $5::text),
       jsonb_build_object($3::text, '{}'::jsonb), ${ASK}
     FROM generate_series(1, $4::int)`,
    [owner, "start", licenseId, STARTS, NODE],
  );
}

async function stopAll(owner: string): Promise<void> {
  await onceItCan(() =>
    world.db.execute(`UPDATE projects SET action_request = ${ASK} WHERE users ? $1`, [owner, "stop"]),
  );
}

/** How many projects use the licence at this moment. */
async function usersOf(licenseId: string): Promise<number> {
  return count("SELECT count(*) FROM site_license_usage_log WHERE license_id = $1 AND stop IS NULL", licenseId);
}

async function unfinished(owner: string): Promise<number> {
  return count("SELECT count(*) FROM projects WHERE users ? $1 AND NOT action_request ? 'finished'", owner);
}

async function count(sql: string, value: string): Promise<number> {
  return (await world.db.query<{ count: number }>(sql, [value]))[0]?.count ?? 0;
}

function ends(owner: string, licenseId: string) {
  return world.db.query<{ status: string; outcome: string; err: string | null; count: number }>(
    `SELECT site_license -> $2 ->> 'status' AS status, outcome, action_request ->> 'err' AS err, count(*) AS count
     FROM projects JOIN project_starts USING (project_id) WHERE users ? $1 GROUP BY 1, 2, 3 ORDER BY 1`,
    [owner, licenseId],
  );
}

/** Kills all its pods, as nodes that vanish would: no signal that could be heeded. */
async function killManageAction(): Promise<void> {
  const which = ["-n", world.target.site.namespace, "-l", "app=manage-action"];
  await world.kubectl(["delete", "pod", ...which, "--grace-period=0", "--force", "--wait=false"]);
}
