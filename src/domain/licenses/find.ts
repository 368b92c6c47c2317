/** Which licences there are: one by its id, those that somebody manages, all of them for administrators. */

import { notFound } from "../../core/errors.ts";
import { isUuid, UUID } from "../../core/uuid.ts";
import type { Queryable } from "../../db/db.ts";
import type { ManagedLicense } from "../../protocol/api-v2-licenses.ts";
import type { SiteLicense } from "../../protocol/licenses.ts";
import { cursorOf, readCursor } from "../projects/cursor.ts";
import { LICENSE_COLUMNS, licenseView, type ViewedLicense } from "./license-view.ts";
import { quotaNotCounted, upgradesNotCounted } from "./not-counted-rules.ts";

interface ManagedRow extends ViewedLicense {
  apply_limit: number | null;
  managers: ManagedLicense["managers"];
  projects: number;
}

/** Managers by their names; the aggregate is of at most as many as a licence may have. */
const MANAGED_COLUMNS = `${LICENSE_COLUMNS}, license.apply_limit,
  (SELECT count(*) FROM projects WHERE site_license ? license.id::text) AS projects,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('account_id', account_id, 'first_name', coalesce(first_name, ''),
       'last_name', coalesce(last_name, ''), 'email_address', email_address) ORDER BY last_name, first_name, account_id), '[]')
     FROM accounts WHERE deleted IS NOT TRUE AND account_id IN
       (SELECT CASE WHEN manager ~ '^${UUID}$' THEN manager::uuid END FROM unnest(license.managers) AS manager)) AS managers`;

/** Fields of one licence that count for nothing; a row may have any number. */
const MAX_TOLD = 20;
/** Most that one person sees of the licences they manage. */
const MAX_MANAGED = 1_000;

/** Licences by id, in no order; unknown ids are left out. */
export async function licensesById(db: Queryable, ids: readonly string[]): Promise<SiteLicense[]> {
  if (ids.length === 0) return [];
  const rows = await db.query<ViewedLicense>(
    `SELECT ${LICENSE_COLUMNS} FROM site_licenses AS license WHERE id = ANY($1::uuid[])`,
    [ids],
  );
  return rows.map(licenseView);
}

/** One licence. @throws AppError `not_found`. */
export async function licenseById(db: Queryable, id: string): Promise<SiteLicense> {
  const [license] = await licensesById(db, [id]);
  if (license === undefined) throw noLicense(id);
  return license;
}

/** Its quota as the column has it, rubbish included; undefined: there is no such licence. */
export async function quotaAsWritten(db: Queryable, id: string): Promise<unknown> {
  const [row] = await db.query<{ quota: unknown }>("SELECT quota FROM site_licenses WHERE id = $1", [id]);
  return row?.quota;
}

export const noLicense = (id: string) =>
  notFound(`There is no licence ${id}. Look at its id again, or ask whoever gave it to you.`);

/** Does the account manage this licence? Also false where there is none. */
export async function isManager(db: Queryable, { licenseId, accountId }: { licenseId: string; accountId: string }) {
  const rows = await db.query("SELECT FROM site_licenses WHERE id = $1 AND managers @> ARRAY[$2]", [
    licenseId,
    accountId,
  ]);
  return rows.length > 0;
}

/** The licences that an account manages, newest first. */
export async function licensesManagedBy(db: Queryable, accountId: string): Promise<ManagedLicense[]> {
  const rows = await db.query<ManagedRow>(
    `SELECT ${MANAGED_COLUMNS} FROM site_licenses AS license WHERE managers @> ARRAY[$1] ORDER BY created DESC, id DESC LIMIT $2`,
    [accountId, MAX_MANAGED],
  );
  return rows.map(managedView).map(withoutAddresses);
}

/** One licence with its managers. @throws AppError `not_found`. */
export async function managedLicenseById(db: Queryable, id: string): Promise<ManagedLicense> {
  const [row] = await db.query<ManagedRow>(`SELECT ${MANAGED_COLUMNS} FROM site_licenses AS license WHERE id = $1`, [
    id,
  ]);
  if (row === undefined) throw noLicense(id);
  return managedView(row);
}

interface LicensePage {
  /** Words of title or description, an id, or the e-mail address of a manager; empty: all. */
  search: string;
  limit: number;
  /** `next` of the page before. */
  after?: string | undefined;
}

/** One page of the site's licences, newest first. @throws AppError `invalid` for a wrong `after`. */
export async function licensePage(
  db: Queryable,
  { search, limit, after }: LicensePage,
): Promise<{ licenses: ManagedLicense[]; next: string | null }> {
  const { time, id } = readCursor(after);
  const text = search.trim();
  const rows = await db.query<ManagedRow & { cursor: string }>(
    `SELECT ${MANAGED_COLUMNS}, ${cursorOf("license.created", "license.id")} AS cursor FROM site_licenses AS license
     WHERE ($1 = '' OR id = $2::uuid OR title ILIKE $3 OR description ILIKE $3
         OR managers && (SELECT array_agg(account_id::text) FROM accounts WHERE lower(email_address) = lower($1)))
       AND ($4::timestamp IS NULL OR (created, id) < ($4, $5::uuid))
     ORDER BY created DESC, id DESC LIMIT $6`,
    [text, isUuid(text.toLowerCase()) ? text : null, `%${text.replace(/[\\%_]/g, "\\$&")}%`, time, id, limit],
  );
  const last = rows.length < limit ? undefined : rows.at(-1);
  return { licenses: rows.map(managedView), next: last?.cursor ?? null };
}

function managedView(row: ManagedRow): ManagedLicense {
  return {
    ...licenseView(row),
    apply_limit: row.apply_limit,
    managers: row.managers,
    projects: row.projects,
    not_counted: [...quotaNotCounted(row.quota), ...upgradesNotCounted(row.upgrades)].slice(0, MAX_TOLD),
  };
}

function withoutAddresses(license: ManagedLicense): ManagedLicense {
  const managers = license.managers.map(({ email_address: _, ...manager }) => manager);
  return { ...license, managers };
}
