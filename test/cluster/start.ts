/** `npm run cluster`: a cluster for a person, equipped as others' are, until Ctrl-C; tests start their own. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KUBERNETES_FOLDER } from "./binaries.ts";
import { cacheFolder } from "./cache.ts";
import { clearOwn } from "./clear.ts";
import { startCluster } from "./cluster.ts";
import { equip, STORAGE_CLASS } from "./equip.ts";
import { MOST_NODES } from "./layout.ts";

const { values } = parseArgs({ options: { nodes: { type: "string", default: "1" } } });
const nodes = Number(values.nodes);
if (!Number.isInteger(nodes) || nodes < 1 || nodes > MOST_NODES) {
  console.error(`--nodes has to be a whole number from 1 to ${MOST_NODES}, not "${values.nodes}".`);
  process.exit(2);
}

let ending = false;
// A timer that never fires keeps this process, and with it the cluster, alive.
const alive = setInterval(() => {}, 2 ** 30);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => void end(130));
}

async function end(status: number): Promise<void> {
  if (ending) return;
  ending = true;
  clearInterval(alive);
  await clearOwn();
  process.exit(status);
}

const say = (line: string) => console.error(line);
try {
  const cluster = await startCluster({ nodes, versionsKeptSeconds: 60, say });
  const registry = await equip(cluster, say);
  say("The cluster stands, in a network of its own; Ctrl-C ends it. In another terminal, for a shell inside:");
  console.log(`${cluster.enter.join(" ")} env \\
  PATH="${join(cacheFolder(), KUBERNETES_FOLDER)}:$PATH" KUBECONFIG=${cluster.kubeconfigPath} \\
  TEST_KUBECONFIG=${cluster.kubeconfigPath} TEST_REGISTRY=http://${registry.name} TEST_STORAGE_CLASS=${STORAGE_CLASS} \\
  bash`);
} catch (error) {
  console.error(error);
  await end(1);
}
