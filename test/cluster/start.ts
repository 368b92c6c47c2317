/** Starts a cluster for a person and keeps it standing until Ctrl-C; tests start their own. */
import { parseArgs } from "node:util";
import { startCluster } from "./cluster.ts";

const { values } = parseArgs({ options: { nodes: { type: "string", default: "1" } } });
const cluster = await startCluster({ nodes: Number(values.nodes), say: (line) => console.error(line) });
console.log(`export KUBECONFIG=${cluster.kubeconfigPath}`);
console.log(`# name of the cluster: ${cluster.name}; run what talks to it with this in front:`);
console.log(`# ${cluster.enter.join(" ")}`);
console.error("Ctrl-C ends the cluster.");

// A timer that never fires keeps this process, and with it the cluster, alive.
const alive = setInterval(() => {}, 2 ** 30);
let ending = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, async () => {
    if (!ending) {
      ending = true;
      clearInterval(alive);
      await cluster.stop();
    }
  });
}
