/** Handlers of `/api/v2/projects/collaborators/…`. */

import { membersWithNames } from "../../../src/domain/accounts/project-people.ts";
import { emailAddress } from "../../../src/domain/accounts/rules.ts";
import {
  addByEmail,
  addMember,
  type CollaboratorsActor,
  changeMemberGroup,
  removeInvitation,
  removeMember,
} from "../../../src/domain/projects/collaborators.ts";
import { invitedTo } from "../../../src/domain/projects/members.ts";
import { isOn } from "../../../src/domain/settings/values.ts";
import type { projectEndpoints } from "../../../src/protocol/api-v2-projects.ts";
import { may } from "../../../src/protocol/project-rights.ts";
import { parseTyped } from "../parse-typed.ts";
import { type Handlers, OK, type ProjectCall } from "./call.ts";

type Paths = Extract<keyof typeof projectEndpoints, `projects/collaborators/${string}`>;

export const collaborators: Handlers<Paths> = {
  "projects/collaborators/list": async ({ hub: { db }, projectId, role }) => {
    const invitations = may(role, "members") ? invitedTo(db, projectId) : [];
    const [collaborators, invited] = await Promise.all([membersWithNames(db, projectId), invitations]);
    return { collaborators, invited };
  },
  "projects/collaborators/add": async (call, { account_id, email_address = "", group }) => {
    const actor = await actorOf(call);
    if (account_id !== undefined) await addMember(call.hub.db, actor, { accountId: account_id, group });
    else await addByEmail(call.hub.db, actor, { email: parseTyped(emailAddress, email_address), group });
    return OK;
  },
  "projects/collaborators/remove": async (call, { account_id, email_address = "" }) => {
    const actor = await actorOf(call);
    if (account_id !== undefined) await removeMember(call.hub.db, actor, account_id);
    else await removeInvitation(call.hub.db, actor, parseTyped(emailAddress, email_address));
    return OK;
  },
  "projects/collaborators/change-user-type": async (call, { target_account_id, new_group }) => {
    await changeMemberGroup(call.hub.db, await actorOf(call), { accountId: target_account_id, group: new_group });
    return OK;
  },
};

async function actorOf({ hub, accountId, role, projectId }: ProjectCall): Promise<CollaboratorsActor> {
  const strict = isOn(await hub.settings.values(), "strict_collaborator_management");
  return { accountId, role, projectId, strict, verifies: (await hub.mail.now()).verifies };
}
