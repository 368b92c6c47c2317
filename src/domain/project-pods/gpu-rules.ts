/** The GPUs that a project's container has. Pure. */

import type { Quantities } from "../../kube/types.ts";
import type { RunQuota } from "../../protocol/quotas.ts";

const GPU = "nvidia.com/gpu";

/** Such things are counted whole, and reserved as they are limited; none where the quota has none. */
export function gpusOf({ gpu }: Pick<RunQuota, "gpu">): Quantities {
  return gpu === false ? {} : { [gpu.resource ?? GPU]: String(gpu.num) };
}
