/**
 * Web servers of a project with a name: whatever is asked at `<base>/<project_id>/port/<name>/…` (or `server`, then without what is before the
 * rest) is forwarded to the program of that name, which is started if need be; the hub's assertion is not.
 */

import { z } from "zod";

/** Names of servers, as they stand in addresses below `port` and `server`. */
export const serverName = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/);

/** A server with a name, and its address below `<base>/<project_id>/`. */
export interface ServerEntry {
  title: string;
  path: string;
}
