/** In SQL: the licences of a project. Whatever else somebody wrote into its column `site_license` counts for nothing. */

import { UUID } from "../../core/uuid.ts";
import { objectInSql } from "../../db/json.ts";

/** The ids that an expression of type jsonb, such as `site_license`, has as keys. */
export function licenseIdsIn(column: string): string {
  return `ARRAY(SELECT CASE WHEN key ~ '^${UUID}$' THEN key::uuid END FROM
    jsonb_object_keys(${objectInSql(column)}) AS key WHERE key ~ '^${UUID}$')`;
}
