/** Handlers of `/api/v2/admin/…`. */

import { grantAdmin, revokeAdmin } from "../../../src/domain/accounts/admin.ts";
import { handOver } from "../../../src/domain/accounts/hand-over.ts";
import { clusterView } from "../../../src/domain/cluster-facts/cluster-facts.ts";
import { forceStop } from "../../../src/domain/projects/force-stop.ts";
import type { adminEndpoints } from "../../../src/protocol/api-v2-admin.ts";
import { type Handlers, OK } from "./call.ts";

export const admin: Handlers<keyof typeof adminEndpoints> = {
  "admin/grant": async ({ hub: { db }, accountId: by }, { email_address }) => {
    await grantAdmin(db, email_address, by);
    return OK;
  },
  "admin/revoke": async ({ hub: { db }, accountId: by }, { email_address }) => {
    await revokeAdmin(db, email_address, by);
    return OK;
  },
  "admin/force-stop": async ({ hub: { db }, accountId: by }, { project_id }) => {
    await forceStop(db, project_id, by);
    return OK;
  },
  "admin/hand-over": async ({ hub: { db }, accountId: by }, { project_id, email_address }) => {
    await handOver(db, { projectId: project_id, email: email_address, by });
    return OK;
  },
  "admin/cluster": ({ hub: { db } }) => clusterView(db),
};
