/** Handlers of `/api/v2/licenses/…` and `admin/licenses/…`. */

import { forbidden } from "../../../src/core/errors.ts";
import { checkProof } from "../../../src/domain/access/proofs.ts";
import { recordOften } from "../../../src/domain/central-log/central-log.ts";
import { changeLicense, makeLicense } from "../../../src/domain/licenses/change.ts";
import {
  isManager,
  licenseById,
  licensePage,
  licensesManagedBy,
  quotaAsWritten,
} from "../../../src/domain/licenses/find.ts";
import { giveLicense, type HandingOut, takeLicense } from "../../../src/domain/licenses/hand-out.ts";
import { ownProjectsWithLicenses, projectsWithLicense } from "../../../src/domain/licenses/projects.ts";
import { isDangerous } from "../../../src/domain/licenses/reach-rules.ts";
import { licenseUsage } from "../../../src/domain/licenses/usage.ts";
import type { licenseEndpoints } from "../../../src/protocol/api-v2-licenses.ts";
import { withoutPlacement } from "../../../src/protocol/shown-quota.ts";
import { type AccountCall, type Handlers, OK } from "./call.ts";

export const licenses: Handlers<keyof typeof licenseEndpoints> = {
  "licenses/get-license": async ({ hub: { db }, accountId, identity }, { license_id: licenseId }) => {
    const license = await licenseById(db, licenseId);
    const is_manager = await isManager(db, { licenseId, accountId });
    const { quota } = license;
    const shown = quota === null || is_manager || identity.isAdmin ? quota : withoutPlacement(quota);
    return { license: { ...license, quota: shown, is_manager } };
  },
  "licenses/get-managed": async ({ hub: { db }, accountId }) => ({ licenses: await licensesManagedBy(db, accountId) }),
  "licenses/get-projects": async (call, { license_id: licenseId, limit, running, after }) => {
    await checkManager(call, licenseId);
    await recordLook(call, licenseId);
    return projectsWithLicense(call.hub.db, { licenseId, limit, running, after });
  },
  "licenses/get-projects-with-license": async ({ hub: { db }, accountId }) => ({
    projects: await ownProjectsWithLicenses(db, accountId),
  }),
  "licenses/usage": async (call, { license_id: licenseId, days }) => {
    await checkManager(call, licenseId);
    const { run_limit } = await licenseById(call.hub.db, licenseId);
    return { run_limit, ...(await licenseUsage(call.hub.db, { licenseId, days })) };
  },
  "licenses/assign": async (call, body) => {
    const handing = await handingOut(call, body);
    await checkGiving(call, body.license_id);
    await giveLicense(call.hub.db, handing);
    return OK;
  },
  "licenses/unassign": async (call, body) => {
    await takeLicense(call.hub.db, await handingOut(call, body));
    return OK;
  },
  "admin/licenses/create": async (call, license) => {
    await checkDangerous(call, license.quota);
    return { license_id: await makeLicense(call.hub.db, license, call.accountId) };
  },
  "admin/licenses/update": async (call, { license_id, ...change }) => {
    await checkDangerous(call, change.quota, await quotaAsWritten(call.hub.db, license_id));
    await changeLicense(call.hub.db, license_id, change, call.accountId);
    return OK;
  },
  "admin/licenses/list": async ({ hub: { db } }, { search, limit, after }) => licensePage(db, { search, limit, after }),
};

/** @throws AppError `forbidden`, alike for a licence of others and one that does not exist. */
async function checkManager({ hub, accountId, identity }: AccountCall, licenseId: string): Promise<void> {
  if (identity.isAdmin || (await isManager(hub.db, { licenseId, accountId }))) return;
  throw forbidden("Only a manager of the licence may do this; get-managed lists those that you manage.");
}

/** An administrator is told of strangers' projects, as by projects/get; a manager was named to see them. */
async function recordLook({ hub: { db }, accountId }: AccountCall, licenseId: string): Promise<void> {
  if (await isManager(db, { licenseId, accountId })) return;
  await recordOften(db, "admin-listed-projects", { account_id: accountId, license_id: licenseId });
}

/** Managers of the licence, for projects that they own, also deleted ones; administrators, for any. */
async function handingOut(
  call: AccountCall,
  { license_id: licenseId, project_ids: projectIds }: { license_id: string; project_ids: string[] },
): Promise<HandingOut> {
  const { hub, accountId, identity } = call;
  await checkManager(call, licenseId);
  // One after the other: what is not known yet is asked of the database, which others use too.
  if (!identity.isAdmin)
    for (const id of projectIds) await hub.access.authorise(identity, id, "own", { deleted: true });
  return { licenseId, projectIds, by: { accountId, isAdmin: identity.isAdmin } };
}

/**
 * Before an administrator gives a licence to a project of anybody, which with a dangerous one is as good as making it. Those who manage it
 * were named by somebody who proved it. @throws as `checkProof`
 */
export async function checkGiving(call: AccountCall, licenseId: string): Promise<void> {
  if (call.identity.isAdmin) await checkDangerous(call, await quotaAsWritten(call.hub.db, licenseId));
}

/** Asks for the password if any of these is dangerous: what a licence gave before counts like what it gives after. @throws as `checkProof` */
async function checkDangerous({ hub, identity }: AccountCall, ...quotas: unknown[]): Promise<void> {
  if (quotas.some(isDangerous)) await checkProof(hub.db, identity.credential);
}
