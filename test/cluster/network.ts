/** The network namespaces of a cluster's nodes and the wires between them; nothing in them reaches the outside. */
import { run, tryRun } from "./command.ts";
import { type ClusterLayout, CONTROL_PLANE_ADDRESS, type NodeLayout, nodeLayout } from "./layout.ts";

/** The start of a command line that runs what follows inside a namespace (`ip netns exec` would hide the cgroups). */
export function enterNamespace(namespace: string): string[] {
  return ["nsenter", `--net=/run/netns/${namespace}`, "--"];
}

/** Makes the namespace of `node`; all nodes are wired to a bridge in the first one's. */
export async function openNodeNetwork(cluster: ClusterLayout, node: NodeLayout): Promise<void> {
  await run("ip", ["netns", "add", node.namespace]);
  await inside(node.namespace, "ip link set lo up");
  if (node.number === 1) {
    await inside(node.namespace, "ip link add node0 type bridge");
  } else {
    await wireToFirst(cluster, node);
  }
  await inside(node.namespace, `ip addr add ${node.address}/24 dev node0`);
  await inside(node.namespace, "ip link set node0 up");
  // A default route has to be there, or nothing in the namespace believes in other networks.
  const gateway = node.number === 1 ? "dev node0" : `via ${CONTROL_PLANE_ADDRESS}`;
  await inside(node.namespace, `ip route add default ${gateway}`);
  await inside(node.namespace, "sysctl -q -w net.ipv4.ip_forward=1");
  await routeBetweenNodes(cluster, node);
}

async function wireToFirst(cluster: ClusterLayout, node: NodeLayout): Promise<void> {
  const first = nodeLayout(cluster, 1).namespace;
  const wire = `wire${node.number}`;
  await run("sh", ["-c", `ip link add ${wire} netns ${first} type veth peer name node0 netns ${node.namespace}`]);
  await inside(first, `ip link set ${wire} master node0 up`);
}

async function routeBetweenNodes(cluster: ClusterLayout, node: NodeLayout): Promise<void> {
  for (let number = 1; number < node.number; number += 1) {
    const other = nodeLayout(cluster, number);
    await inside(other.namespace, `ip route add ${node.podSubnet} via ${node.address}`);
    await inside(node.namespace, `ip route add ${other.podSubnet} via ${other.address}`);
  }
}

/** Deletes the namespaces of a cluster, whichever of them there are. */
export async function deleteNetworks(cluster: ClusterLayout): Promise<void> {
  const listed = await tryRun("ip", ["netns", "list"]);
  const names = listed.split("\n").map((line) => line.split(" ")[0] ?? "");
  for (const name of names.filter((candidate) => candidate.startsWith(`${cluster.name}-n`))) {
    await tryRun("ip", ["netns", "del", name]);
  }
}

async function inside(namespace: string, command: string): Promise<void> {
  const [program = "", ...args] = enterNamespace(namespace);
  await run(program, [...args, "sh", "-c", command]);
}
