/** What the environment says of the machines on which projects run. */

import { z } from "zod";
import { setting } from "../../core/config.ts";
import { POOL_LABEL } from "./placement.ts";

const LABEL = /^[A-Za-z0-9][A-Za-z0-9._/-]*=[A-Za-z0-9._-]*$/;
const TAINT = /^[A-Za-z0-9][A-Za-z0-9._/-]*=[A-Za-z0-9._-]*(:(NoSchedule|PreferNoSchedule|NoExecute))?$/;

export const placementConfig = z.object({
  poolLabel: setting(
    "COCALC_POOL_LABEL",
    z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, "must be the key of a label, such as cocalc-pool")
      .default(POOL_LABEL),
    "Label of the machines that belong to a pool; its value is the name of the pool, and a taint of the same key and value keeps other projects away.",
  ),
  nodesLabel: setting(
    "COCALC_PROJECT_NODES_LABEL",
    z.string().regex(LABEL, "must be a label such as cocalc-role=projects").optional(),
    "Label of the machines on which projects run, such as cocalc-role=projects; without it on all that let them.",
  ),
  nodesTaint: setting(
    "COCALC_PROJECT_NODES_TAINT",
    z.string().regex(TAINT, "must be a taint such as cocalc-projects=yes:NoSchedule").optional(),
    "Taint of the machines on which projects run, such as cocalc-projects=yes:NoSchedule: it keeps others away.",
  ),
});
