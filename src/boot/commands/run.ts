/** `cocalc-k8s --role=…`: runs roles against the database and the cluster that the environment names, until a signal. */

import type { Environment } from "../../core/env.ts";
import { runServing } from "../run-serving.ts";
import { rolesNamed, startRoles } from "../start-roles.ts";

/** Resolves never, but for roles that end by themselves: then the process exits when nothing is left to do. */
export async function run(namesOrGroups: readonly string[], env: Environment): Promise<void> {
  const names = rolesNamed(namesOrGroups);
  await runServing(names, env, (life, log) => startRoles(life, { names, env, log }));
}
