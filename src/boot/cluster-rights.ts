/** What the roles and the doctor may do at the API server, all told: what an installation has to grant, and the doctor looks for. */

import { loadRole } from "../../roles/index.ts";
import { roleNames } from "../../roles/names.ts";
import { doctorRights } from "../domain/doctor/cluster.ts";
import { type KubeRights, together } from "../kube/rights.ts";

export async function clusterRights(): Promise<KubeRights> {
  const roles = await Promise.all(roleNames.map(loadRole));
  return together([...roles.flatMap(({ needs }) => needs.kube ?? []), doctorRights]);
}
