/** Handlers of `/api/v2/projects/…` about what a project may use. */

import { giveLicense, takeLicense } from "../../../src/domain/licenses/hand-out.ts";
import { projectQuota } from "../../../src/domain/licenses/project-quota.ts";
import { askForMore } from "../../../src/domain/projects/ask-for-more.ts";
import { setAdminQuotas } from "../../../src/domain/quotas/admin-quotas.ts";
import { clusterQuotas } from "../../../src/domain/quotas/config.ts";
import { siteQuotas, unknownQuotaSettings } from "../../../src/domain/settings/values.ts";
import type { quotaEndpoints } from "../../../src/protocol/api-v2-quotas.ts";
import { type Handlers, OK, type ProjectCall } from "./call.ts";
import { checkGiving } from "./licenses.ts";

export const quotas: Handlers<keyof typeof quotaEndpoints> = {
  "projects/quota": async ({ hub: { db, settings, quotas }, projectId }) => {
    const [site, { run_quota, pending_quota, ...ofProject }] = await Promise.all([
      settings.known(),
      projectQuota(db, projectId),
    ]);
    const inputs = {
      ...siteQuotas(site.values),
      illFormed: unknownQuotaSettings(site),
      ...clusterQuotas(quotas),
      ...ofProject,
    };
    return { inputs, run_quota, pending_quota };
  },
  "projects/add-license": async (call, { license_id }) => {
    await checkGiving(call, license_id);
    await giveLicense(call.hub.db, handingOut(call, license_id));
    return OK;
  },
  "projects/remove-license": async (call, { license_id }) => {
    await takeLicense(call.hub.db, handingOut(call, license_id));
    return OK;
  },
  "projects/set-admin-quotas": async ({ hub: { db }, accountId: by }, { project_id: projectId, ...quotas }) => {
    await setAdminQuotas(db, { projectId, quotas, by });
    return { status: "success" };
  },
  "projects/ask-for-more": async ({ hub, projectId, accountId, role }, { what, message }) =>
    askForMore(hub, { projectId, accountId, isOwner: role !== "collaborator", what, message }),
};

function handingOut({ projectId, accountId, identity }: ProjectCall, licenseId: string) {
  return { licenseId, projectIds: [projectId], by: { accountId, isAdmin: identity.isAdmin } };
}
