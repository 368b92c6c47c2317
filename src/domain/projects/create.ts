/** Making a project: a row with its owner; nothing is started. */

import { randomUUID } from "node:crypto";
import { invalid } from "../../core/errors.ts";
import type { Db } from "../../db/db.ts";
import { logProjectEvent } from "./log.ts";

export interface NewProject {
  /** The owner. */
  accountId: string;
  title: string;
  description: string;
  /** Id of a software environment; absent: the site's default, decided at each start. */
  image?: string | undefined;
}

/** Most projects that one account owns, deleted ones apart. */
const MAX_OWNED = 5_000;

/** Makes the project and returns its id. @throws AppError `invalid` when the account owns too many. */
export async function createProject(db: Db, { accountId, title, description, image }: NewProject): Promise<string> {
  const projectId = randomUUID();
  await db.transaction(async (tx) => {
    const [owned] = await tx.query<{ count: number }>(
      "SELECT count(*) FROM projects WHERE users @> $1 AND deleted IS NOT TRUE",
      [JSON.stringify({ [accountId]: { group: "owner" } })],
    );
    if ((owned?.count ?? 0) >= MAX_OWNED) {
      throw invalid(`You own ${MAX_OWNED} projects already; delete some that you no longer need.`);
    }
    await tx.execute(
      `INSERT INTO projects (project_id, title, description, users, compute_image, last_edited)
       VALUES ($1, $2, $3, $4, $5, now() AT TIME ZONE 'UTC')`,
      [projectId, title, description, JSON.stringify({ [accountId]: { group: "owner" } }), image ?? null],
    );
    await logProjectEvent(tx, { projectId, accountId, event: { event: "project_created", title } });
  });
  return projectId;
}
