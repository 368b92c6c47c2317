/** Making and changing licences: by administrators alone. Each change and its record are one transaction. */

import { randomUUID } from "node:crypto";
import { conflict, invalid } from "../../core/errors.ts";
import { isUuid } from "../../core/uuid.ts";
import type { Db, Queryable } from "../../db/db.ts";
import { NOW } from "../../db/moments.ts";
import type { LicenseChange, LicenseUpdate } from "../../protocol/api-v2-licenses.ts";
import { record } from "../central-log/central-log.ts";
import { noLicense } from "./find.ts";
import { quotaNotCounted, upgradesNotCounted } from "./not-counted-rules.ts";
import { gainedForFew, isForFew } from "./reach-rules.ts";

/** How each field is written: the columns have these names. */
const WRITTEN: { [Field in keyof LicenseChange]-?: (value: NonNullable<LicenseChange[Field]>) => unknown } = {
  title: (title) => title,
  description: (description) => description,
  activates: (time) => new Date(time),
  expires: (time) => new Date(time),
  managers: (managers) => managers,
  restricted: (restricted) => restricted,
  quota: (quota) => JSON.stringify(quota),
  upgrades: (upgrades) => JSON.stringify(upgrades),
  run_limit: (limit) => limit,
  apply_limit: (limit) => limit,
};
const FIELDS = Object.keys(WRITTEN) as (keyof LicenseChange)[]; // of the table above

/**
 * Makes a licence and returns its id; in force from now on, unless it is said when. `by`: the administrator; absent: somebody at the database
 * itself. @throws AppError `invalid` with what is wrong.
 */
export async function makeLicense(db: Db, license: LicenseChange, by?: string): Promise<string> {
  const id = randomUUID();
  checkCounted(license);
  await db.transaction(async (tx) => {
    await tx.execute(`INSERT INTO site_licenses (id, activates) VALUES ($1, ${NOW})`, [id]);
    const changed = await write(tx, id, withRestriction(license, null));
    await checkSense(tx, id, changed);
    await record(tx, "license-created", { license_id: id, ...changed, ...(by !== undefined && { by }) });
  });
  return id;
}

/**
 * Changes a licence; an end that has come takes one back that has not begun. @throws AppError `not_found`; `invalid` with what is wrong;
 * `conflict` where more is given to those who have it than was said.
 */
export async function changeLicense(db: Db, id: string, update: LicenseUpdate, by?: string): Promise<void> {
  const { also_for, ...change } = update;
  await db.transaction(async (tx) => {
    const [before] = await tx.query<Record<string, unknown>>(
      `SELECT ${FIELDS.join(", ")} FROM site_licenses WHERE id = $1 FOR NO KEY UPDATE`,
      [id],
    );
    if (before === undefined) throw noLicense(id);
    checkCounted(change, before);
    const gained = change.quota === undefined ? [] : gainedForFew(before.quota, change.quota);
    const reached = gained.length === 0 ? {} : await checkReached(tx, id, { gained, alsoFor: also_for ?? 0 });
    const written = await write(tx, id, withRestriction(change, before.quota));
    if (Object.keys(written).length === 0) return;
    const changed = (await takeBack(tx, id, change)) ? { ...written, activates: null } : written;
    await checkSense(tx, id, changed);
    const was = Object.fromEntries(Object.keys(changed).map((field) => [field, before[field]]));
    await record(tx, "license-changed", {
      license_id: id,
      ...changed,
      ...reached,
      was,
      ...(by !== undefined && { by }),
    });
  });
}

/**
 * Once it was for few it stays so until somebody says otherwise, also when it gives amounts alone by then: its id was never meant to be a
 * right. @throws AppError `invalid` where it is to be open and cannot be.
 */
function withRestriction(change: LicenseChange, quotaBefore: unknown): LicenseChange {
  const quotaAfter = change.quota === undefined ? quotaBefore : change.quota;
  if (change.restricted === false && isForFew(quotaAfter)) throw invalid(FOR_FEW);
  const isOfFew = change.quota !== undefined && (isForFew(quotaBefore) || isForFew(quotaAfter));
  return isOfFew ? { restricted: true, ...change } : change;
}

/**
 * Whoever knew its id may have taken it to projects of theirs while it was open: they get more only if somebody says so who knows how many they
 * are. Its row is locked, so no project is given it meanwhile. Returns what is recorded of it.
 */
async function checkReached(
  tx: Queryable,
  id: string,
  { gained, alsoFor }: { gained: string[]; alsoFor: number },
): Promise<{ also_for?: number }> {
  const [having] = await tx.query<{ count: number }>("SELECT count(*) FROM projects WHERE site_license ? $1", [id]);
  const count = having?.count ?? 0;
  if (count === 0) return {};
  if (alsoFor >= count) return { also_for: count };
  const have = count === 1 ? "1 project has" : `${count} projects have`;
  throw conflict(
    `${have} this licence, deleted ones included, and would get ${gained.join(", ")} with it. Look at which they are; ` +
      `then take it from those that are not to, make another licence, or say that it is also for ${count} (also_for).`,
  );
}

const FOR_FEW =
  "Only managers and administrators give a licence with ext_rw, patch, pool, gpu or dedicated_vm to projects: leave `restricted` out, or say true.";

/** A field that no start could use is a slip. What stands there already, by SQL, may stay. @throws AppError `invalid` that names them. */
function checkCounted({ quota, upgrades }: LicenseChange, before: { quota?: unknown; upgrades?: unknown } = {}): void {
  const problems = [...quotaNotCounted(quota, before.quota), ...upgradesNotCounted(upgrades, before.upgrades)];
  if (problems.length > 0) throw invalid(`${problems.join("; ")}.`);
}

/** Writes what is said, and returns it as it was written. */
async function write(tx: Queryable, id: string, change: LicenseChange): Promise<Record<string, unknown>> {
  const wish = change.managers === undefined ? change : { ...change, managers: await accountsOf(tx, change.managers) };
  const fields = FIELDS.filter((field) => wish[field] !== undefined);
  if (fields.length === 0) return {};
  const values = fields.map((field) => {
    const value = wish[field];
    return value === null ? null : (WRITTEN[field] as (value: unknown) => unknown)(value); // the writer of this very field
  });
  await tx.execute(
    `UPDATE site_licenses SET ${fields.map((field, at) => `${field} = $${at + 2}`).join(", ")} WHERE id = $1`,
    [id, ...values],
  );
  return Object.fromEntries(fields.map((field) => [field, wish[field]]));
}

/** How far the clocks of those who end a licence now may be ahead of the database's. */
const CLOCKS_DIFFER = "interval '1 minute'";

/** Lets a licence that is ended before it begins not begin, where nothing else is said of that: does it? */
async function takeBack(tx: Queryable, id: string, { activates, expires }: LicenseChange): Promise<boolean> {
  if (activates !== undefined || typeof expires !== "string") return false;
  const taken = await tx.execute(
    `UPDATE site_licenses SET activates = NULL
     WHERE id = $1 AND activates > ${NOW} AND activates >= expires AND expires <= ${NOW} + ${CLOCKS_DIFFER}`,
    [id],
  );
  return taken > 0;
}

/** What no single field shows, if one of those was written. What stands there already, by SQL, may stay. @throws AppError `invalid`. */
async function checkSense(tx: Queryable, id: string, changed: Record<string, unknown>): Promise<void> {
  const [license] = await tx.query<{ backwards: boolean; both: boolean }>(
    `SELECT coalesce(expires <= activates, false) AS backwards, quota IS NOT NULL AND upgrades IS NOT NULL AS both
     FROM site_licenses WHERE id = $1`,
    [id],
  );
  const isOf = (...fields: (keyof LicenseChange)[]) => fields.some((field) => field in changed);
  if (license?.backwards && isOf("activates", "expires"))
    throw invalid("A licence ends after it begins; change `expires` or `activates`.");
  if (license?.both && isOf("quota", "upgrades"))
    throw invalid("A licence has either a quota or upgrades of the old style; take the other away.");
}

/** Accounts by id or e-mail address, each once. @throws AppError `invalid` that names those that are not there. */
async function accountsOf(db: Queryable, wanted: readonly string[]): Promise<string[]> {
  const names = [...new Set(wanted.map((name) => name.trim().toLowerCase()))];
  const found = await db.query<{ account_id: string; email: string | null }>(
    `SELECT account_id, lower(email_address) AS email FROM accounts
     WHERE deleted IS NOT TRUE AND (account_id = ANY($1::uuid[]) OR lower(email_address) = ANY($2))`,
    [names.filter(isUuid), names],
  );
  const missing = names.filter((name) => !found.some(({ account_id, email }) => name === account_id || name === email));
  if (missing.length > 0) throw invalid(`There is no account ${missing.join(", ")}; managers sign up first.`);
  return found.map(({ account_id }) => account_id);
}
