/** What a browser asks about its projects. */

import { notFound } from "../../src/core/errors.ts";
import { noteSeen } from "../../src/domain/access/session-list.ts";
import { requestAction } from "../../src/domain/projects/action-request.ts";
import { summaryPage } from "../../src/domain/projects/listing.ts";
import { projectById } from "../../src/domain/projects/summaries.ts";
import { touchProject } from "../../src/domain/projects/touch.ts";
import { withoutDetails } from "../../src/domain/starts/latest-start.ts";
import { may } from "../../src/protocol/project-rights.ts";
import type { Handlers, RequestContext } from "./handlers.ts";

export const projectHandlers = {
  async list_projects({ after, limit }, { db, audience, identity }) {
    const page = await summaryPage(db, { accountId: identity.accountId, after, limit });
    for (const { project_id } of page.projects) audience.knows(identity.accountId, project_id);
    return page;
  },
  async get_project({ project_id }, { db, access, audience, identity, starts }) {
    const role = await access.authorise(identity, project_id, "see", { deleted: true });
    const project = await projectById(db, project_id);
    if (project === undefined) throw notFound("There is no such project.");
    audience.knows(identity.accountId, project_id);
    const start = (await starts.of(project_id)) ?? null;
    return { project, start: start === null || may(role, "control") ? start : withoutDetails(start) };
  },
  async project_action({ project_id, action, rescue }, { db, access, identity, actions }) {
    await access.authorise(identity, project_id, "control", { deleted: true });
    actions.take(identity);
    return requestAction(db, { projectId: project_id, action, rescue, accountId: identity.accountId });
  },
  async touch_project({ project_id }, context) {
    const { db, access, identity } = context;
    await access.authorise(identity, project_id, "see");
    await touchProject(db, { projectId: project_id, accountId: identity.accountId });
    await noteUse(context);
    return {};
  },
} satisfies Partial<Handlers>;

/** Whoever works here for hours makes no new connection: their session is in use all the same. */
async function noteUse({ db, identity: { credential } }: RequestContext): Promise<void> {
  if (credential.kind === "session") await noteSeen(db, credential.hash);
}
