/** What of a quota is shown to whoever only sees it. Pure. */

/** Without what a patch writes into the pod, such as a variable's value, and how the cluster labels its nodes. */
export function withoutPlacement<Q extends object>(quota: Q): Partial<Q> {
  return Object.fromEntries(
    Object.entries(quota).flatMap(([name, value]: [string, unknown]) => {
      if (name === "patch") return [];
      return [[name, name === "gpu" ? withoutLabels(value) : value]];
    }),
  ) as Partial<Q>; // the same fields but for those that are taken out
}

function withoutLabels(gpu: unknown): unknown {
  if (typeof gpu !== "object" || gpu === null) return gpu;
  return Object.fromEntries(Object.entries(gpu).filter(([name]) => name !== "nodeLabel" && name !== "toleration"));
}
