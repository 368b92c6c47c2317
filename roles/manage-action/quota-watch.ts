/**
 * Finds running projects that may have another quota by now: because the site's settings or a licence changed, or because a licence begins or ends,
 * when no row changes. What changes in a project's own row wakes it without us.
 */

import type { Life } from "../../src/core/life.ts";
import type { Logger } from "../../src/core/log.ts";
import { isUuid } from "../../src/core/uuid.ts";
import { openReconciler, type Reconciler } from "../../src/db/reconciler.ts";
import { tellEnding } from "../../src/domain/licenses/ending.ts";
import { licensesTurning, nextMoment, projectsWith, timesOf } from "../../src/domain/licenses/moments.ts";
import { hasEnded } from "../../src/domain/project-pods/condition-rules.ts";
import { QUOTA_SETTINGS } from "../../src/domain/settings/values.ts";
import type { Tools } from "./case.ts";
import { isAway } from "./trouble.ts";

/** A key in place of a licence's id: everything that runs. */
const ALL = "all";
/** Every so many sweeps everything is compared, in case a notification was lost. */
const SWEEPS = 10;
/** How many rows are held at a time: they are not small. */
const AT_A_TIME = 200;

/** By what it is found out what each project may have. */
interface Lookout {
  log: Logger;
  pods: Pick<Tools["pods"], "get">;
  records: Pick<Tools["records"], "read">;
  quotas: Pick<Tools["quotas"], "isSettled">;
}

interface Parts extends Lookout, Pick<Tools, "db" | "mail"> {
  pods: Pick<Tools["pods"], "get" | "projectIds">;
  metrics: Pick<Tools["metrics"], "registry">;
  config: Pick<Tools["config"], "sweepSeconds">;
}

/** Calls `wake` with projects to look at, as long as the term lasts. */
export function openQuotaWatch(term: Life, parts: Parts, wake: (projectId: string) => void): Reconciler {
  const { db, log, metrics, config, pods } = parts;
  const everySeconds = SWEEPS * config.sweepSeconds;
  // Moments that are further ahead are found by the sweep that comes before them.
  const aheadMs = 2_000 * everySeconds;
  const lookAtLicense = async (licenseId: string): Promise<number | undefined> => {
    const times = await timesOf(db, licenseId);
    await wakeUnsettled(parts, await projectsWith(db, licenseId), wake);
    await tellManagers(parts, licenseId); // after those who wait for more
    const nowMs = Date.now();
    const next = times && nextMoment(times, nowMs);
    return next === undefined || next - nowMs > aheadMs ? undefined : next - nowMs;
  };
  return openReconciler(term, {
    name: "manage-action-quotas",
    db,
    log,
    metrics: metrics.registry,
    channels: ["site_licenses", "server_settings"],
    keys: async () => [ALL, ...(await licensesTurning(db, Date.now(), aheadMs))],
    reconcile: async (key) => {
      if (isUuid(key)) return lookAtLicense(key);
      if (key === ALL || QUOTA_SETTINGS.includes(key)) await wakeUnsettled(parts, pods.projectIds(), wake);
      return undefined;
    },
    everySeconds,
    concurrency: 1,
  });
}

/** What keeps managers from being told keeps nothing else: whoever was not is found again by the next sweep. */
async function tellManagers({ db, log, mail }: Pick<Parts, "db" | "log" | "mail">, licenseId: string): Promise<void> {
  try {
    const told = await tellEnding(db, { licenseId, nowMs: Date.now(), mail });
    if (told > 0) log.info({ licenseId, managers: told }, "a licence ends within a day, and its managers are told");
  } catch (error) {
    if (isAway(error)) throw error;
    log.error({ err: error, licenseId }, "the managers of a licence cannot be told that it ends");
  }
}

/**
 * Wakes, of these projects, those that run with something else than they may have. What is being started has been decided about a moment
 * ago. One of which it cannot be found out is told in the log, and keeps none of the others from being looked at.
 */
export async function wakeUnsettled(
  { log, pods, records, quotas }: Lookout,
  projectIds: string[],
  wake: (projectId: string) => void,
): Promise<void> {
  const running = projectIds.filter((projectId) => {
    const pod = pods.get(projectId);
    return pod !== undefined && !hasEnded(pod);
  });
  for (let at = 0; at < running.length; at += AT_A_TIME) {
    const look = async (projectId: string) => {
      try {
        const row = await records.read(projectId);
        if (row !== undefined && row.ticket === null && !(await quotas.isSettled(projectId, row))) wake(projectId);
      } catch (error) {
        if (isAway(error)) throw error;
        log.error({ err: error, projectId }, "it cannot be found out what a running project may use");
      }
    };
    await Promise.all(running.slice(at, at + AT_A_TIME).map(look));
  }
}
