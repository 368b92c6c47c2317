/** What somebody may do at the API server, and what is made of it: the rules of a Role, the questions of a check. Pure. */

/** Resources of the core group; a sub-resource after a slash. */
type Resource = "pods" | "pods/log" | "pods/resize" | "events" | "configmaps" | "nodes";
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

const OF_THE_CLUSTER = new Set(["nodes"]);

/** All of them in one, each once, in the order in which they first come. */
export function together(all: readonly KubeRights[]): KubeRights {
  const verbs = new Map<string, Set<Verb>>();
  for (const [resource, more] of all.flatMap((rights) => Object.entries(rights))) {
    verbs.set(resource, new Set([...(verbs.get(resource) ?? []), ...more]));
  }
  return Object.fromEntries([...verbs].map(([resource, set]) => [resource, [...set]]));
}

/** The rules of a Role in the namespace, and of a ClusterRole for what is in none. */
export function rulesOf(rights: KubeRights): { namespaced: Rule[]; cluster: Rule[] } {
  const rules = Object.entries(rights).map(([resource, verbs]) => ({
    apiGroups: [""],
    resources: [resource],
    verbs: [...verbs],
  }));
  const isOfCluster = ({ resources }: Rule) => resources.some((resource) => OF_THE_CLUSTER.has(resource));
  return { namespaced: rules.filter((rule) => !isOfCluster(rule)), cluster: rules.filter(isOfCluster) };
}

/** Each right for itself. */
export function eachRight(rights: KubeRights): KubeRight[] {
  return Object.entries(rights).flatMap(([path, verbs]) => {
    const [resource = "", subresource] = path.split("/");
    const namespaced = !OF_THE_CLUSTER.has(resource);
    return verbs.map((verb) => ({ verb, resource, namespaced, ...(subresource !== undefined && { subresource }) }));
  });
}

/** For people: `pods get, list; nodes get`. */
export function rightsInWords(rights: KubeRights): string {
  return Object.entries(rights)
    .map(([resource, verbs]) => `${resource} ${verbs.join(", ")}`)
    .join("; ");
}
