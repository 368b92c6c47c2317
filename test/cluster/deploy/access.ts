/** Who may do what at the API server: the manage roles what they need, everybody else nothing. */
import { clusterRights } from "../../../src/boot/cluster-rights.ts";
import { rulesOf } from "../../../src/kube/rights.ts";
import type { Manifest, Site } from "./site.ts";

export const MANAGE_ACCOUNT = "manage";

/** The manage roles' service account with its rights in the namespace, and those outside, to look at nodes: what they say that they need. */
export async function access(site: Site): Promise<Manifest[]> {
  const { namespace } = site;
  const subjects = [{ kind: "ServiceAccount", name: MANAGE_ACCOUNT, namespace }];
  const { namespaced, cluster } = rulesOf(await clusterRights({}));
  const clusterName = `${namespace}-manage-nodes`;
  return [
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: MANAGE_ACCOUNT, namespace },
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: MANAGE_ACCOUNT, namespace },
      rules: namespaced,
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: MANAGE_ACCOUNT, namespace },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: MANAGE_ACCOUNT },
      subjects,
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: clusterName },
      rules: cluster,
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: clusterName },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: clusterName },
      subjects,
    },
  ];
}
