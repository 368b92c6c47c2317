/** What each project may use: of settings, members and licences, and of the seats that are left at this moment. One for each term. */

import { isDeepStrictEqual } from "node:util";
import type { Db } from "../../src/db/db.ts";
import type { Leader } from "../../src/db/leader.ts";
import { type LicensesInUse, takeUpSeats } from "../../src/domain/licenses/in-use.ts";
import { type LicenseRow, notInForce } from "../../src/domain/licenses/license-row-rules.ts";
import { type LicensedQuota, licenseHook } from "../../src/domain/licenses/rules.ts";
import type { Seats } from "../../src/domain/licenses/seats.ts";
import { turnLicense } from "../../src/domain/licenses/turn-rules.ts";
import { clusterQuotas, type QuotaConfig } from "../../src/domain/quotas/config.ts";
import { inputsOfProject } from "../../src/domain/quotas/project-rules.ts";
import type { ServiceRow } from "../../src/domain/starts/service-row.ts";
import type { RunQuota } from "../../src/protocol/quotas.ts";
import type { Records } from "./records.ts";
import type { SaidOfQuotas, SiteQuotas } from "./site-quotas.ts";

/** Of a project's row, what decides. */
export type QuotaRow = Pick<
  ServiceRow,
  "settings" | "users" | "site_license" | "licenses" | "run_quota" | "pending_quota"
>;

/** With what a start is made, and what is recorded of it. */
export interface QuotaOfStart {
  quota: RunQuota;
  licenses: LicensesInUse;
}

/** What a running project may have. */
export interface QuotaNow {
  /** What a start would give it. */
  quota: RunQuota;
  /** The same with those of its licences that have ended since its start: nobody asked to take from it what they gave. */
  untilNextStart: RunQuota;
}

/** By what a quota is computed besides the project's row. */
interface Terms {
  site: SaidOfQuotas;
  held?: ReadonlySet<string>;
}

interface Parts {
  site: SiteQuotas;
  seats: Seats;
  records: Records;
  config: QuotaConfig;
}

export class ProjectQuotas {
  readonly #site: SiteQuotas;
  readonly #seats: Seats;
  readonly #records: Records;
  readonly #config: Parts["config"];
  /** Projects of which something was decided that is not written down (yet). */
  readonly #unrecorded = new Set<string>();

  constructor({ site, seats, records, config }: Parts) {
    this.#site = site;
    this.#seats = seats;
    this.#records = records;
    this.#config = config;
  }

  /** Takes up the seats that projects have. */
  async resume(db: Db, leader: Leader): Promise<void> {
    const inUse = Map.groupBy(await takeUpSeats(db, leader), ({ project_id }) => project_id);
    for (const [projectId, seats] of inUse) {
      this.#seats.hold(
        projectId,
        seats.map(({ license_id }) => license_id),
      );
    }
  }

  /** As which licence's turn a start would count now; takes no seat. null: none. */
  async turnOf(projectId: string, row: QuotaRow): Promise<string | null> {
    if (row.licenses.length === 0) return null;
    return turnLicense(this.#evaluate(projectId, row, { site: await this.#site.atStart() }).values);
  }

  /**
   * Decides with what a project starts: its seats are taken when this resolves, and recorded with the start. Until `recorded` it keeps those
   * that it had besides: if nothing comes of the start, what is written down of them still has to be ended.
   */
  async atStart(projectId: string, row: QuotaRow): Promise<QuotaOfStart> {
    const site = await this.#site.atStart();
    const { quota, values, seats } = this.#evaluate(projectId, row, { site });
    this.#holdBesides(projectId, seats); // in the same breath as they were counted
    return { quota, licenses: { values, seats } };
  }

  /** What was decided about a project is written down. */
  recorded(projectId: string, { seats }: LicensesInUse): void {
    this.#unrecorded.delete(projectId);
    this.#seats.hold(projectId, seats);
  }

  /**
   * What a running project may have now. It keeps the seats that it has, takes one of each licence that was added and has one left, and what
   * became of its licences is recorded. undefined: it is not known what the site gives, so it keeps what it has.
   */
  async quotaNow(projectId: string, row: QuotaRow): Promise<QuotaNow | undefined> {
    const site = await this.#site.now();
    if (site === undefined) return undefined;
    const { quota, kept } = this.#evaluateRunning(projectId, row, site);
    const before = this.#seats.of(projectId);
    // Its pod may still have what a licence gave that was taken from it.
    const given = isDeepStrictEqual(row.run_quota, quota) ? [] : before;
    const seats = [...new Set([...kept.seats, ...given])];
    const isNews = seats.length !== before.size || !seats.every((id) => before.has(id));
    if (isNews || this.#unrecorded.has(projectId) || !isDeepStrictEqual(row.site_license, withValues(row, kept))) {
      this.#holdBesides(projectId, seats);
      const licenses = { values: kept.values, seats };
      await this.#records.licenses({ projectId, ...licenses });
      this.recorded(projectId, licenses);
    }
    return { quota, untilNextStart: kept.quota };
  }

  /**
   * Has a running project what it may have, or is it written down what it would have after a restart, and is nothing to be tried again? Takes
   * and records nothing.
   */
  async isSettled(projectId: string, row: QuotaRow): Promise<boolean> {
    const site = await this.#site.now();
    if (site === undefined) return true;
    const { quota, kept } = this.#evaluateRunning(projectId, row, site);
    const pending = row.pending_quota as { quota?: unknown; reason?: unknown } | null; // only compared
    return (
      pending?.reason !== "refused" &&
      isDeepStrictEqual(pending?.quota ?? row.run_quota, quota) &&
      isDeepStrictEqual(row.site_license, withValues(row, kept))
    );
  }

  /** Nothing of the project runs any more. Others have its seats when that is recorded. */
  async release(projectId: string): Promise<void> {
    this.#seats.want(projectId, []);
    if (this.#seats.of(projectId).size === 0) return;
    await this.#records.licensesEnded(projectId);
    this.recorded(projectId, { values: {}, seats: [] });
  }

  /** The project has these seats from now on, and those that it is written down to have as long as that is so. */
  #holdBesides(projectId: string, seats: readonly string[]): void {
    this.#unrecorded.add(projectId);
    this.#seats.hold(projectId, [...this.#seats.of(projectId), ...seats]);
  }

  /** It keeps the seats that it has; those of licences that have ended since count in `kept`. */
  #evaluateRunning(projectId: string, row: QuotaRow, site: SaidOfQuotas): { quota: RunQuota; kept: LicensedQuota } {
    const held = this.#seats.of(projectId);
    const nowMs = Date.now();
    const hasEnded = (license: LicenseRow) => held.has(license.id) && notInForce(license, nowMs)?.status === "expired";
    const now = this.#evaluate(projectId, row, { site, held });
    if (!row.licenses.some(hasEnded)) return { quota: now.quota, kept: now };
    const licenses = row.licenses.map((license) => (hasEnded(license) ? { ...license, expires: null } : license));
    return { quota: now.quota, kept: this.#evaluate(projectId, { ...row, licenses }, { site, held }) };
  }

  /** `held`: seats that the project has whatever the limit is. Of licences whose seats are all taken it is remembered that it wants one. */
  #evaluate(projectId: string, row: QuotaRow, { site, held }: Terms): LicensedQuota {
    const limits = new Map(row.licenses.map(({ id, run_limit }) => [id, run_limit ?? Number.POSITIVE_INFINITY]));
    const licensed = licenseHook({
      inputs: { ...site, ...inputsOfProject(row), ...clusterQuotas(this.#config) },
      ids: Object.keys(row.site_license),
      licenses: row.licenses,
      nowMs: Date.now(),
      hasSeat: (id) => held?.has(id) === true || this.#seats.ofOthers(id, projectId) < (limits.get(id) ?? 0),
    });
    const taken = Object.entries(licensed.values).filter(([, { status }]) => status === "exhausted");
    this.#seats.want(
      projectId,
      taken.map(([id]) => id),
    );
    return licensed;
  }
}

/** Column `site_license` as it is when that is recorded. */
function withValues(row: QuotaRow, { values }: LicensedQuota): Record<string, unknown> {
  return { ...row.site_license, ...values };
}
