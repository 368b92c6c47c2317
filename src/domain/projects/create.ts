/** Making a project: who may, how many, of which software; a row with its owner, and the request to start it if that is wanted. */

import { randomUUID } from "node:crypto";
import { forbidden, invalid } from "../../core/errors.ts";
import type { Db, Transaction } from "../../db/db.ts";
import type { Software } from "../../protocol/software.ts";
import type { RateLimits } from "../rate-limits/rate-limits.ts";
import { isOn, type SettingValues } from "../settings/values.ts";
import { checkOffered } from "../software/software.ts";
import { requestAction } from "./action-request.ts";
import { CREATE_DAY, CREATE_HOUR } from "./limits.ts";
import { logProjectEvent } from "./log.ts";

export interface NewProject {
  /** The owner. */
  accountId: string;
  title: string;
  description: string;
  /** Id of a software environment; absent: the site's default, decided at each start. */
  image?: string | undefined;
  /** Is it asked to start, too? */
  start: boolean;
  /** What is done with it in the same transaction, such as giving it a licence: where that is refused, no project is made. */
  also?: ((tx: Transaction, projectId: string) => Promise<void>) | undefined;
}

interface CreateParts {
  db: Db;
  limits: RateLimits;
  settings: SettingValues;
  /** The site's environments; null where none are configured. */
  software: Software | null;
}

/** Most projects that one account owns, deleted ones apart. */
const MAX_OWNED = 5_000;

/**
 * Makes the project and returns its id. Administrators make as many as they need.
 * @throws AppError `forbidden` where administrators alone do, `invalid` for an image that is not offered or too many projects, `rate_limited`,
 * and what `also` throws.
 */
export async function createProject(
  { db, limits, settings, software }: CreateParts,
  by: { isAdmin: boolean },
  project: NewProject,
): Promise<string> {
  if (isOn(settings, "disable_project_creation") && !by.isAdmin) {
    throw forbidden("Projects are made by administrators here; ask one of them.");
  }
  checkOffered(software, project.image);
  const { accountId } = project;
  if (!by.isAdmin) for (const limit of [CREATE_HOUR, CREATE_DAY]) await limits.consume(limit, accountId);
  const projectId = await db.transaction((tx) => writeProject(tx, project));
  if (project.start) await requestAction(db, { projectId, action: "start", accountId });
  return projectId;
}

async function writeProject(tx: Transaction, project: NewProject): Promise<string> {
  const { accountId, title, description, image, also } = project;
  const projectId = randomUUID();
  const users = JSON.stringify({ [accountId]: { group: "owner" } });
  const [owned] = await tx.query<{ count: number }>(
    "SELECT count(*) FROM projects WHERE users @> $1 AND deleted IS NOT TRUE",
    [users],
  );
  if ((owned?.count ?? 0) >= MAX_OWNED) {
    throw invalid(`You own ${MAX_OWNED} projects already; delete some that you no longer need.`);
  }
  await tx.execute(
    `INSERT INTO projects (project_id, title, description, users, compute_image, last_edited)
     VALUES ($1, $2, $3, $4, $5, now() AT TIME ZONE 'UTC')`,
    [projectId, title, description, users, image ?? null],
  );
  await logProjectEvent(tx, { projectId, accountId, event: { event: "project_created", title } });
  await also?.(tx, projectId);
  return projectId;
}
