/** A member as the server lists them, and what they are called; nothing here draws. */

import type { EndpointOutput } from "../../../protocol/api-v2-table.ts";

export type Member = EndpointOutput<"projects/collaborators/list">["collaborators"][number];

/** What a member is called, also one without a name. */
export const nameOf = ({ first_name, last_name }: Member): string => `${first_name} ${last_name}`.trim() || "Somebody";
