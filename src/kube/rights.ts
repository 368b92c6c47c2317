/** What somebody may do at the API server, and what is made of it: the rules of a Role, the questions of a check. Pure. */

/** Resources of the core group, in the namespace of the projects; a sub-resource after a slash. */
type InNamespace = "pods" | "pods/log" | "pods/resize" | "events" | "configmaps";
/** What takes a ClusterRole. */
type OfCluster = "nodes" | "pods of all namespaces";
type Resource = InNamespace | OfCluster;
type Verb = "get" | "list" | "watch" | "create" | "delete" | "patch";

export type KubeRights = { readonly [resource in Resource]?: readonly Verb[] };

/** A rule as a Role or ClusterRole has it. */
export interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

/** One thing that may be done, as a review asks for it. */
export interface KubeRight {
  verb: string;
  resource: string;
  subresource?: string;
  namespaced: boolean;
}

/** As the API server names them. */
const OF_THE_CLUSTER: ReadonlyMap<string, string> = new Map<OfCluster, string>([
  ["nodes", "nodes"],
  ["pods of all namespaces", "pods"],
]);

/** All of them in one, each once, in the order in which they first come. */
export function together(all: readonly KubeRights[]): KubeRights {
  const verbs = new Map<string, Set<Verb>>();
  for (const [resource, more] of all.flatMap((rights) => Object.entries(rights))) {
    verbs.set(resource, new Set([...(verbs.get(resource) ?? []), ...more]));
  }
  return Object.fromEntries([...verbs].map(([resource, set]) => [resource, [...set]]));
}

/** The rules of a Role in the namespace, and of a ClusterRole for what is in none or in all. */
export function rulesOf(rights: KubeRights): { namespaced: Rule[]; cluster: Rule[] } {
  const all = Object.entries(rights);
  const ruleFor = (resource: string, verbs: readonly Verb[]) => ({
    apiGroups: [""],
    resources: [resource],
    verbs: [...verbs],
  });
  return {
    namespaced: all.flatMap(([name, verbs]) => (OF_THE_CLUSTER.has(name) ? [] : [ruleFor(name, verbs)])),
    cluster: all.flatMap(([name, verbs]) => {
      const resource = OF_THE_CLUSTER.get(name);
      return resource === undefined ? [] : [ruleFor(resource, verbs)];
    }),
  };
}

/** Each right for itself. */
export function eachRight(rights: KubeRights): KubeRight[] {
  return Object.entries(rights).flatMap(([name, verbs]) => {
    const namespaced = !OF_THE_CLUSTER.has(name);
    const [resource = "", subresource] = (OF_THE_CLUSTER.get(name) ?? name).split("/");
    return verbs.map((verb) => ({ verb, resource, namespaced, ...(subresource !== undefined && { subresource }) }));
  });
}

/** For people: `pods get, list; nodes get`. */
export function rightsInWords(rights: KubeRights): string {
  return Object.entries(rights)
    .map(([resource, verbs]) => `${resource} ${verbs.join(", ")}`)
    .join("; ");
}
