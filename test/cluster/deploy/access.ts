/** Who may do what at the API server: the manage roles what they need, everybody else nothing. */
import type { Manifest, Site } from "./site.ts";

export const MANAGE_ACCOUNT = "manage";

/** The manage roles' service account with its rights in the namespace, and the one right outside: to look at nodes. */
export function access(site: Site): Manifest[] {
  const { namespace } = site;
  const subjects = [{ kind: "ServiceAccount", name: MANAGE_ACCOUNT, namespace }];
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
      rules: [
        { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch", "create", "delete"] },
        { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
        { apiGroups: [""], resources: ["events"], verbs: ["list", "watch"] },
        { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] },
      ],
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
      rules: [{ apiGroups: [""], resources: ["nodes"], verbs: ["get", "list"] }],
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
