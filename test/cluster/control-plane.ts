/** etcd, the API server, the controller manager and the scheduler of a cluster, as processes in its first namespace. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Binaries } from "./binaries.ts";
import { makeAuthority, makeKubeconfig } from "./certificates.ts";
import { kubectl } from "./kubectl.ts";
import { type ClusterLayout, CONTROL_PLANE_ADDRESS, nodeLayout, POD_RANGE, SERVICE_RANGE } from "./layout.ts";
import { restartDaemon, startDaemon, stopDaemon } from "./processes.ts";
import { waitFor } from "./wait.ts";

/** Starts the control plane and returns when the API server is ready. The first namespace must be there. */
export async function startControlPlane(
  cluster: ClusterLayout,
  binaries: Binaries,
  versionsKeptSeconds: number,
): Promise<void> {
  await makeAuthority(cluster);
  await makeKubeconfigs(cluster);
  await startEtcd(cluster);
  await startApiServer(cluster, binaries, versionsKeptSeconds);
  // The controller manager gives up when the API server is not there after some seconds.
  await apiServerReady(cluster);
  await startControllerManager(cluster, binaries);
  await startScheduler(cluster, binaries);
}

/** Ends the API server: connections break, watches with them. */
export async function stopApiServer(cluster: ClusterLayout): Promise<void> {
  await stopDaemon(cluster, "kube-apiserver", 1000);
}

/** Starts the API server again after `stopApiServer` and waits until it is ready. */
export async function resumeApiServer(cluster: ClusterLayout): Promise<void> {
  await restartDaemon(cluster, "kube-apiserver");
  await apiServerReady(cluster);
}

async function apiServerReady(cluster: ClusterLayout): Promise<void> {
  await waitFor({ what: "the API server is ready", timeoutMs: 90_000 }, async () => {
    return (await kubectl(cluster, ["get", "--raw", "/readyz"])) === "ok";
  });
}

async function makeKubeconfigs(cluster: ClusterLayout): Promise<void> {
  await makeKubeconfig(cluster, { file: "admin", subject: "/CN=admin/O=system:masters" }, cluster.adminKubeconfig);
  for (const name of ["kube-controller-manager", "kube-scheduler", "kube-proxy"]) {
    await makeKubeconfig(cluster, { file: name, subject: `/CN=system:${name}` }, kubeconfigOf(cluster, name));
  }
}

/** The kubeconfig of a component that runs beside the nodes. */
export function kubeconfigOf(cluster: ClusterLayout, name: string): string {
  return join(cluster.folder, `${name}.kubeconfig`);
}

async function startEtcd(cluster: ClusterLayout): Promise<void> {
  await mkdir(join(cluster.folder, "etcd"), { recursive: true, mode: 0o700 });
  await startDaemon(cluster, {
    name: "etcd",
    namespace: nodeLayout(cluster, 1).namespace,
    program: "etcd",
    args: [
      `--data-dir=${cluster.folder}/etcd`,
      "--listen-client-urls=http://127.0.0.1:2379",
      "--advertise-client-urls=http://127.0.0.1:2379",
      "--listen-peer-urls=http://127.0.0.1:2380",
      // A disk that is slow to sync would set the pace; nobody needs this data after a power cut.
      "--unsafe-no-fsync",
      "--log-level=warn",
    ],
  });
}

async function startApiServer(cluster: ClusterLayout, binaries: Binaries, versionsKeptSeconds: number): Promise<void> {
  const key = (file: string) => join(cluster.pki, file);
  await startDaemon(cluster, {
    name: "kube-apiserver",
    namespace: nodeLayout(cluster, 1).namespace,
    program: join(binaries.kubernetes, "kube-apiserver"),
    args: [
      "--etcd-servers=http://127.0.0.1:2379",
      `--etcd-compaction-interval=${versionsKeptSeconds}s`,
      `--advertise-address=${CONTROL_PLANE_ADDRESS}`,
      "--secure-port=6443",
      `--service-cluster-ip-range=${SERVICE_RANGE}`,
      "--authorization-mode=Node,RBAC",
      "--enable-admission-plugins=NodeRestriction",
      "--allow-privileged=true",
      `--client-ca-file=${key("ca.crt")}`,
      `--tls-cert-file=${key("apiserver.crt")}`,
      `--tls-private-key-file=${key("apiserver.key")}`,
      // The names of nodes mean nothing to anybody.
      "--kubelet-preferred-address-types=InternalIP",
      // Both need what this etcd lacks: the one fills the log; the other turns away whoever watches from version 0, as kwok does.
      "--feature-gates=SizeBasedListCostEstimate=false,WatchList=false",
      `--kubelet-client-certificate=${key("apiserver.crt")}`,
      `--kubelet-client-key=${key("apiserver.key")}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${key("service-account.pub")}`,
      `--service-account-signing-key-file=${key("service-account.key")}`,
    ],
  });
}

async function startControllerManager(cluster: ClusterLayout, binaries: Binaries): Promise<void> {
  await startDaemon(cluster, {
    name: "kube-controller-manager",
    namespace: nodeLayout(cluster, 1).namespace,
    program: join(binaries.kubernetes, "kube-controller-manager"),
    args: [
      ...asComponent(cluster, "kube-controller-manager"),
      `--cluster-cidr=${POD_RANGE}`,
      `--service-account-private-key-file=${cluster.pki}/service-account.key`,
      `--root-ca-file=${cluster.pki}/ca.crt`,
      "--use-service-account-credentials",
    ],
  });
}

async function startScheduler(cluster: ClusterLayout, binaries: Binaries): Promise<void> {
  await startDaemon(cluster, {
    name: "kube-scheduler",
    namespace: nodeLayout(cluster, 1).namespace,
    program: join(binaries.kubernetes, "kube-scheduler"),
    // The default of 50 calls a second would set the pace of a thousand starts.
    args: [...asComponent(cluster, "kube-scheduler"), "--kube-api-qps=2000", "--kube-api-burst=4000"],
  });
}

/** There is one of each, so nobody has to be elected. */
function asComponent(cluster: ClusterLayout, name: string): string[] {
  const kubeconfig = kubeconfigOf(cluster, name);
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    "--leader-elect=false",
  ];
}
