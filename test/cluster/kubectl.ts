/** kubectl against a cluster of ours, as its administrator, from inside its first namespace. */
import { join } from "node:path";
import { KUBERNETES_FOLDER } from "./binaries.ts";
import { cacheFolder } from "./cache.ts";
import { type CommandOptions, run } from "./command.ts";
import { type ClusterLayout, nodeLayout } from "./layout.ts";
import { enterNamespace } from "./network.ts";

/** Runs kubectl with `args` and returns what it printed; throws with its message when it fails. */
export async function kubectl(cluster: ClusterLayout, args: string[], options: CommandOptions = {}): Promise<string> {
  const [enter = "", ...rest] = enterNamespace(nodeLayout(cluster, 1).namespace);
  const program = join(cacheFolder(), KUBERNETES_FOLDER, "kubectl");
  const all = [...rest, program, `--kubeconfig=${cluster.adminKubeconfig}`, ...args];
  return run(enter, all, options);
}
