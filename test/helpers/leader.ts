/** A leader that nobody elected: whether the database takes its writes depends on `leaders`. */

import type { Db } from "../../src/db/db.ts";
import { Leader } from "../../src/db/leader.ts";

export function leaderOf(db: Db, name: string, epoch: number): Leader {
  return new Leader((sql, values, statement) => db.query(sql, values, statement), { name, epoch });
}
