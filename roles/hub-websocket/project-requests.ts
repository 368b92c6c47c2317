/** What a browser asks about its projects. */

import { forbidden, notFound } from "../../src/core/errors.ts";
import type { ProjectRole } from "../../src/domain/access/identity.ts";
import { noteSeen } from "../../src/domain/access/session-list.ts";
import { record } from "../../src/domain/central-log/central-log.ts";
import { requestAction } from "../../src/domain/projects/action-request.ts";
import { summaryPage } from "../../src/domain/projects/listing.ts";
import { projectById } from "../../src/domain/projects/summaries.ts";
import { touchProject } from "../../src/domain/projects/touch.ts";
import type { Handlers, RequestContext } from "./handlers.ts";

export const projectHandlers = {
  async list_projects({ after, limit }, { db, audience, identity }) {
    const page = await summaryPage(db, { accountId: identity.accountId, after, limit });
    for (const { project_id } of page.projects) audience.knows(identity.accountId, project_id);
    return page;
  },
  async get_project({ project_id }, context) {
    const { db, audience, identity, starts } = context;
    await checkMay(context, project_id, { deleted: true });
    const project = await projectById(db, project_id);
    if (project === undefined) throw notFound("There is no such project.");
    audience.knows(identity.accountId, project_id);
    return { project, start: (await starts.of(project_id)) ?? null };
  },
  async project_action({ project_id, action }, context) {
    const role = await checkMay(context, project_id, { deleted: true });
    const { accountId } = context.identity;
    if (role === "admin") await record(context.db, "admin-used-project", { account_id: accountId, project_id, action });
    return requestAction(context.db, { projectId: project_id, action, accountId });
  },
  async touch_project({ project_id }, context) {
    await checkMay(context, project_id, {});
    await touchProject(context.db, { projectId: project_id, accountId: context.identity.accountId });
    await noteUse(context);
    return {};
  },
} satisfies Partial<Handlers>;

/** Whoever works here for hours makes no new connection: their session is in use all the same. */
async function noteUse({ db, identity: { credential } }: RequestContext): Promise<void> {
  if (credential.kind === "session") await noteSeen(db, credential.hash);
}

/** @throws AppError `forbidden`; a project that does not exist is answered the same. */
async function checkMay(
  { access, identity }: RequestContext,
  projectId: string,
  options: { deleted?: boolean },
): Promise<ProjectRole> {
  const role = await access.mayUseProject(identity, projectId, options);
  if (role === undefined) throw forbidden("You are no member of this project. Ask one of its owners to add you.");
  return role;
}
