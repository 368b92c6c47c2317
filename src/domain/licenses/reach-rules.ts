/** Which licences reach beyond the project that has them, so that knowing the id of one is not enough to use it. Pure. */

/** By field of `site_licenses.quota`: what is scarce, and what changes what others run. Amounts are not among them. */
const FOR_FEW = ["ext_rw", "patch", "pool", "gpu", "dedicated_vm"] as const;

/** Where the pods go and what they get of a node, in place of what the site says. */
const GPU_PLACEMENT = ["toleration", "nodeLabel", "resource"] as const;

/** Is it given to projects by its managers and administrators alone, whatever its column `restricted` says? `quota` may be rubbish. */
export function isForFew(quota: unknown): boolean {
  return FOR_FEW.some((field) => says(quota, field));
}

/** Fields of those that `after` has and `before` had not: whoever has the licence by now was given it for something else. */
export function gainedForFew(before: unknown, after: unknown): string[] {
  return FOR_FEW.filter((field) => says(after, field) && !says(before, field));
}

/** Does making, changing or giving it take an administrator's password? It writes what all projects run, or places pods by rules of its own. */
export function isDangerous(quota: unknown): boolean {
  if (says(quota, "ext_rw") || says(quota, "patch")) return true;
  return GPU_PLACEMENT.some((field) => says(fieldOf(quota, "gpu"), field));
}

/** Anything but what cannot mean yes: a row that somebody wrote with SQL has `"true"` too. */
function says(value: unknown, field: string): boolean {
  return Boolean(fieldOf(value, field));
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, field) : undefined;
}
