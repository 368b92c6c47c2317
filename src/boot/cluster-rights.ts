/** What the roles and the doctor may do at the API server, all told: what an installation has to grant, and the doctor looks for. */

import { z } from "zod";
import { loadRole } from "../../roles/index.ts";
import { roleNames } from "../../roles/names.ts";
import { flag, readConfig, setting } from "../core/config.ts";
import type { Environment } from "../core/env.ts";
import { doctorRights } from "../domain/doctor/cluster.ts";
import { type KubeRights, together } from "../kube/rights.ts";

/** With what the environment asks for besides. @throws AppError `invalid` where a variable that decides is neither yes nor no. */
export async function clusterRights(env: Environment): Promise<KubeRights> {
  const roles = await Promise.all(roleNames.map(loadRole));
  const asked = roles.flatMap(({ needs: { kube, kubeWhere = {} } }) => [
    ...(kube ? [kube] : []),
    ...Object.entries(kubeWhere).flatMap(([variable, rights]) => (isYes(variable, env) ? [rights] : [])),
  ]);
  return together([...asked, doctorRights]);
}

function isYes(variable: string, env: Environment): boolean {
  return readConfig(z.object({ isYes: setting(variable, flag().default(false), "") }), env).isYes;
}
