/** The environment variables of a project: shown to its members alone, so they are in no summary. Changing them is in update.ts. */

import type { Queryable } from "../../db/db.ts";

/** The variables that are set for the project's processes. */
export async function projectVariables(db: Queryable, projectId: string): Promise<Record<string, string>> {
  const [row] = await db.query<{ env: Record<string, string> | null }>(
    "SELECT env FROM projects WHERE project_id = $1",
    [projectId],
  );
  return row?.env ?? {};
}
