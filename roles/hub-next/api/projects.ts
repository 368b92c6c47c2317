/** Handlers of `/api/v2/projects/…`, but for the collaborators. */

import { forbidden, notFound } from "../../../src/core/errors.ts";
import type { Transaction } from "../../../src/db/db.ts";
import { record } from "../../../src/domain/central-log/central-log.ts";
import { giveLicenseIn } from "../../../src/domain/licenses/hand-out.ts";
import { requestAction } from "../../../src/domain/projects/action-request.ts";
import { createProject } from "../../../src/domain/projects/create.ts";
import { hideProject } from "../../../src/domain/projects/hide.ts";
import { projectsOf } from "../../../src/domain/projects/listing.ts";
import { projectLog } from "../../../src/domain/projects/log.ts";
import { projectById } from "../../../src/domain/projects/summaries.ts";
import { touchProject } from "../../../src/domain/projects/touch.ts";
import { deleteProject, restoreProject, updateProject } from "../../../src/domain/projects/update.ts";
import { projectVariables } from "../../../src/domain/projects/variables.ts";
import { checkOffered } from "../../../src/domain/software/software.ts";
import type { projectEndpoints } from "../../../src/protocol/api-v2-projects.ts";
import { may } from "../../../src/protocol/project-rights.ts";
import { type AccountCall, type Handlers, OK } from "./call.ts";
import type { collaborators } from "./collaborators.ts";
import { checkGiving } from "./licenses.ts";

type Paths = Exclude<keyof typeof projectEndpoints, keyof typeof collaborators>;

export const projects: Handlers<Paths> = {
  "projects/create": async (call, { title, description, image, license, start }) => {
    const { hub, accountId, identity } = call;
    const { db, limits } = hub;
    if (license !== undefined) await checkGiving(call, license);
    const [settings, software] = await Promise.all([hub.settings.values(), hub.software.value()]);
    const wish = {
      accountId,
      title,
      description,
      image,
      start,
      also: license === undefined ? undefined : givingTo(call, license),
    };
    return { project_id: await createProject({ db, limits, settings, software }, identity, wish) };
  },
  "projects/get": async ({ hub: { db }, accountId, identity }, { account_id = accountId, limit, deleted, after }) => {
    if (account_id !== accountId && !identity.isAdmin) {
      throw forbidden("Only an administrator sees the projects of somebody else.");
    }
    if (account_id !== accountId) await record(db, "admin-listed-projects", { account_id: accountId, of: account_id });
    return projectsOf(db, { accountId: account_id, limit, deleted, after });
  },
  "projects/get-one": async ({ hub: { db }, projectId, role }) => {
    const project = await projectById(db, projectId);
    if (project === undefined) throw notFound("There is no such project.");
    return { ...project, env: may(role, "configure") ? await projectVariables(db, projectId) : {} };
  },
  "projects/start": async ({ hub: { db, actions }, projectId, accountId, identity }, { rescue }) => {
    actions.take(identity);
    await requestAction(db, { projectId, action: "start", accountId, rescue });
    return OK;
  },
  "projects/stop": async ({ hub: { db, actions }, projectId, accountId, identity }) => {
    actions.take(identity);
    await requestAction(db, { projectId, action: "stop", accountId });
    return OK;
  },
  "projects/touch": async ({ hub: { db }, projectId, accountId }) => {
    await touchProject(db, { projectId, accountId });
    return OK;
  },
  "projects/update": async ({ hub, projectId, accountId, identity }, { project_id: _, ...change }) => {
    const isOwners = change.name !== undefined || change.manage_users_owner_only !== undefined;
    if (isOwners) await hub.access.authorise(identity, projectId, "own");
    checkOffered(await hub.software.value(), change.compute_image);
    await updateProject(hub.db, { accountId, projectId }, change);
    return OK;
  },
  "projects/hide": async ({ hub: { db }, projectId, accountId }, { hide }) => {
    await hideProject(db, { projectId, accountId, hide });
    return OK;
  },
  "projects/delete": async ({ hub: { db }, projectId, accountId }) => {
    await deleteProject(db, { accountId, projectId });
    return OK;
  },
  "projects/restore": async ({ hub: { db }, projectId, accountId }) => {
    await restoreProject(db, { accountId, projectId });
    return OK;
  },
  "projects/log": async ({ hub: { db }, projectId }, { limit, after }) => {
    const { log, next } = await projectLog(db, { projectId, limit, after });
    return { log: log.map((entry) => ({ ...entry, time: entry.time.toISOString() })), next };
  },
};

/** Gives a project the licence in the transaction in which it is made. */
function givingTo({ accountId, identity }: AccountCall, licenseId: string) {
  const by = { accountId, isAdmin: identity.isAdmin };
  return (tx: Transaction, projectId: string) => giveLicenseIn(tx, { licenseId, projectIds: [projectId], by });
}
