/** The configuration files of one node: container runtime, network plug-in, kubelet, kube-proxy. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { kubeconfigOf } from "./control-plane.ts";
import { type ClusterLayout, CONTROL_PLANE_ADDRESS, type NodeLayout, POD_RANGE, REGISTRY } from "./layout.ts";

export const PAUSE_IMAGE = "localhost/pause:1";

/** Writes all configuration of `node` into its folder. */
export async function writeNodeFiles(cluster: ClusterLayout, node: NodeLayout): Promise<void> {
  await mkdir(join(node.folder, "cni"), { recursive: true });
  await mkdir(join(node.folder, "certs.d", REGISTRY), { recursive: true });
  await writeFile(join(node.folder, "certs.d", REGISTRY, "hosts.toml"), registryConfig());
  await writeFile(join(node.folder, "containerd.toml"), containerdConfig(node));
  await writeJson(join(node.folder, "cni/10-pods.conflist"), networkConfig(node));
  await writeJson(join(node.folder, "kubelet.json"), kubeletConfig(cluster, node));
  await writeJson(join(node.folder, "kube-proxy.json"), proxyConfig(cluster, node));
}

function containerdConfig(node: NodeLayout): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = "${node.folder}/containerd/root"
state = "${node.folder}/containerd/state"

[grpc]
  address = "${node.containerdSocket}"

[${cri}]
  sandbox_image = "${PAUSE_IMAGE}"
  # Without it every sandbox dies on a machine that lacks CAP_SYS_RESOURCE.
  restrict_oom_score_adj = true
  # So that unmounting what is under our folder frees the pods' networks too.
  netns_mounts_under_state_dir = true

  [${cri}.cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${node.folder}/cni"

  [${cri}.registry]
    config_path = "${node.folder}/certs.d"
`;
}

function registryConfig(): string {
  return `server = "http://${REGISTRY}"

[host."http://${REGISTRY}"]
  capabilities = ["pull", "resolve"]
`;
}

function networkConfig(node: NodeLayout): unknown {
  const pods = `pods${node.number}`;
  const bridge = {
    type: "bridge",
    bridge: pods,
    isGateway: true,
    hairpinMode: true,
    ipMasq: false,
    ipam: {
      type: "host-local",
      dataDir: join(node.folder, "cni-addresses"),
      ranges: [[{ subnet: node.podSubnet }]],
      routes: [{ dst: "0.0.0.0/0" }],
    },
  };
  const plugins = [bridge, { type: "portmap", capabilities: { portMappings: true } }];
  return { cniVersion: "1.0.0", name: pods, plugins };
}

function kubeletConfig(cluster: ClusterLayout, node: NodeLayout): unknown {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(cluster.pki, "ca.crt") },
    },
    authorization: { mode: "Webhook" },
    cgroupDriver: "cgroupfs",
    cgroupRoot: node.cgroup,
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    containerRuntimeEndpoint: `unix://${node.containerdSocket}`,
    podLogsDir: join(node.folder, "pod-logs"),
    serializeImagePulls: false,
    maxPods: 250,
    // Nobody answers there: a name that is looked up fails at once.
    clusterDNS: [CONTROL_PLANE_ADDRESS],
    clusterDomain: "cluster.local",
    // The disk is the machine's, not the node's: how full it is says nothing. The pause image must not be collected.
    evictionHard: { "memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
    imageGCHighThresholdPercent: 100,
    shutdownGracePeriod: "0s",
    logging: { verbosity: 2 },
  };
}

function proxyConfig(cluster: ClusterLayout, node: NodeLayout): unknown {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "nftables",
    clientConnection: { kubeconfig: kubeconfigOf(cluster, "kube-proxy") },
    clusterCIDR: POD_RANGE,
    conntrack: { maxPerCore: 0, min: 0 },
    hostnameOverride: node.name,
  };
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}
