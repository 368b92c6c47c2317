/** Handlers of `/api/v2/projects/…`, but for the collaborators. */

import { forbidden, invalid, notFound } from "../../../src/core/errors.ts";
import { record } from "../../../src/domain/central-log/central-log.ts";
import { requestAction } from "../../../src/domain/projects/action-request.ts";
import { createProject } from "../../../src/domain/projects/create.ts";
import { hideProject } from "../../../src/domain/projects/hide.ts";
import { CREATE_DAY, CREATE_HOUR } from "../../../src/domain/projects/limits.ts";
import { projectsOf } from "../../../src/domain/projects/listing.ts";
import { projectLog } from "../../../src/domain/projects/log.ts";
import { projectById } from "../../../src/domain/projects/summaries.ts";
import { touchProject } from "../../../src/domain/projects/touch.ts";
import { deleteProject, restoreProject, updateProject } from "../../../src/domain/projects/update.ts";
import { projectVariables } from "../../../src/domain/projects/variables.ts";
import { isOn } from "../../../src/domain/settings/values.ts";
import type { projectEndpoints } from "../../../src/protocol/api-v2-projects.ts";
import type { Hub } from "../hub.ts";
import { type Handlers, OK } from "./call.ts";
import type { collaborators } from "./collaborators.ts";

type Paths = Exclude<keyof typeof projectEndpoints, keyof typeof collaborators>;

export const projects: Handlers<Paths> = {
  "projects/create": async ({ hub, accountId, identity }, { title, description, image, start }) => {
    if (isOn(await hub.settings.values(), "disable_project_creation") && !identity.isAdmin) {
      throw forbidden("Projects are made by administrators here; ask one of them.");
    }
    await checkImage(hub, image);
    if (!identity.isAdmin) for (const limit of [CREATE_HOUR, CREATE_DAY]) await hub.limits.consume(limit, accountId);
    const projectId = await createProject(hub.db, { accountId, title, description, image });
    if (start) await requestAction(hub.db, { projectId, action: "start", accountId });
    return { project_id: projectId };
  },
  "projects/get": async ({ hub: { db }, accountId, identity }, { account_id = accountId, limit, deleted, after }) => {
    if (account_id !== accountId && !identity.isAdmin) {
      throw forbidden("Only an administrator sees the projects of somebody else.");
    }
    if (account_id !== accountId) await record(db, "admin-listed-projects", { account_id: accountId, of: account_id });
    return projectsOf(db, { accountId: account_id, limit, deleted, after });
  },
  "projects/get-one": async ({ hub: { db }, projectId }) => {
    const project = await projectById(db, projectId);
    if (project === undefined) throw notFound("There is no such project.");
    return { ...project, env: await projectVariables(db, projectId) };
  },
  "projects/start": async ({ hub: { db }, projectId, accountId }) => {
    await requestAction(db, { projectId, action: "start", accountId });
    return OK;
  },
  "projects/stop": async ({ hub: { db }, projectId, accountId }) => {
    await requestAction(db, { projectId, action: "stop", accountId });
    return OK;
  },
  "projects/touch": async ({ hub: { db }, projectId, accountId }) => {
    await touchProject(db, { projectId, accountId });
    return OK;
  },
  "projects/update": async ({ hub, projectId, accountId, identity, role }, { project_id: _, ...change }) => {
    const isOwners = change.name !== undefined || change.manage_users_owner_only !== undefined;
    if (isOwners && (role === "collaborator" || identity.projectId !== undefined)) {
      throw forbidden("Only an owner changes the name and who manages members, and not with a project's API key.");
    }
    await checkImage(hub, change.compute_image);
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

/** Where the environments are known, another one would only fail at the start. */
async function checkImage(hub: Hub, image: string | undefined): Promise<void> {
  if (image === undefined) return;
  const software = await hub.software.value();
  if (software !== null && !Object.hasOwn(software.environments, image)) {
    throw invalid(
      `There is no software environment ${image}; there are ${Object.keys(software.environments).join(", ")}.`,
    );
  }
}
