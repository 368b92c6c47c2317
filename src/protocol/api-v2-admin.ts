/** `/api/v2/admin/…`: what administrators see of a site and do to it. Each act is recorded in central_log, with who did it. */

import { z } from "zod";
import { done, type Endpoints } from "./api-v2.ts";
import { clusterView } from "./cluster.ts";
import { uuid } from "./common.ts";

const email_address = z.string().max(254);

export const adminEndpoints = {
  "admin/grant": {
    access: "admin",
    keys: "none",
    confirmed: true,
    summary: "Makes the account with this e-mail address an administrator.",
    input: z.object({ email_address }),
    output: done,
  },
  "admin/revoke": {
    access: "admin",
    keys: "none",
    confirmed: true,
    summary: "Takes the rights of an administrator from the account with this e-mail address; the last one keeps them.",
    input: z.object({ email_address }),
    output: done,
  },
  "admin/force-stop": {
    access: "admin",
    keys: "none",
    confirmed: true,
    summary:
      "Stops a project without waiting for its machine: only where that is off, for else the project may go on there.",
    input: z.object({ project_id: uuid }),
    output: done,
  },
  "admin/hand-over": {
    access: "admin",
    keys: "none",
    confirmed: true,
    summary:
      "Makes the account with this e-mail address an owner of a project that has none (any more), whether or not it is a member.",
    input: z.object({ project_id: uuid, email_address }),
    output: done,
  },
  "admin/cluster": {
    access: "admin",
    summary: "The cluster's nodes and the queue of starts, as last told by the roles that see them.",
    input: z.object({}),
    output: clusterView,
  },
} as const satisfies Endpoints;
