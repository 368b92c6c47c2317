/** Accounts, sessions and projects for tests, written as the product writes them. */

import { randomUUID } from "node:crypto";
import type { Db } from "../../src/db/db.ts";
import { createSession } from "../../src/domain/access/sessions.ts";
import type { MemberGroup } from "../../src/protocol/project.ts";

export interface Person {
  accountId: string;
  /** Cookie header of a browser on the app's origin, without TLS and base path. */
  cookie: string;
  sessionHash: string;
}

/** A new account that is signed in. */
export async function newPerson(db: Db, { admin = false, name = "Ada" } = {}): Promise<Person> {
  const accountId = randomUUID();
  await db.execute(
    "INSERT INTO accounts (account_id, email_address, first_name, last_name, groups) VALUES ($1, $2, $3, 'Example', $4)",
    [accountId, `${accountId}@example.org`, name, admin ? ["admin"] : null],
  );
  const session = await createSession(db, { accountId });
  return { accountId, cookie: `remember_me=${session.cookieValue}`, sessionHash: session.hash };
}

/** A new project of these members; running at `ip` if one is given. */
export async function newProject(
  db: Db,
  members: [Person, MemberGroup][],
  { ip, title = "A project" }: { ip?: string; title?: string } = {},
): Promise<string> {
  const projectId = randomUUID();
  const users = Object.fromEntries(members.map(([{ accountId }, group]) => [accountId, { group }]));
  const state = ip === undefined ? null : { state: "running", time: new Date().toISOString(), ip };
  await db.execute("INSERT INTO projects (project_id, title, users, state) VALUES ($1, $2, $3, $4)", [
    projectId,
    title,
    JSON.stringify(users),
    state === null ? null : JSON.stringify(state),
  ]);
  return projectId;
}

/** Takes somebody out of a project. */
export async function removeMember(db: Db, projectId: string, { accountId }: Person): Promise<void> {
  await db.execute("UPDATE projects SET users = users - $2::text WHERE project_id = $1", [projectId, accountId]);
}
