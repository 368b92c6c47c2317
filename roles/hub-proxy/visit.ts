/**
 * A request on its way to a project, in five nouns:
 *
 * - a `Visit` is a request that was read: from whom, on which origin, and which `Target` its path names (target.ts);
 * - its `VisitorCredentials` are what it brings to show who it is from (credentials.ts);
 * - the `Right` is what they were found to give: somebody with a role at the project. It is kept for a moment, since the next visit is mostly like
 *   the last one, and what goes on by it ends with it (rights.ts, asked for at the gate);
 * - a `RoutedVisit` is a visit that has its right, on its way to a port of the project (passing-on.ts).
 */

import type { HttpRequest } from "../../src/net/http-message.ts";
import type { Client } from "../../src/net/visitor/forwarded.ts";
import type { Right } from "./rights.ts";
import type { Target } from "./target.ts";

export interface Visit {
  request: HttpRequest;
  client: Client;
  /** The project on whose own origin it came; undefined: it came on the app's. */
  onOriginOf: string | undefined;
  target: Target;
  isUpgrade: boolean;
}

export interface RoutedVisit {
  visit: Visit;
  right: Right;
  /** What is asked for at `port`: the visit's own target, or the same by way of the project's own server. */
  target: Exclude<Target, { kind: "start" }>;
  /** The address where the project runs. */
  ip: string;
  port: number;
}
