/** Which API server the contract suite runs against, and what it puts there. */

import { randomBytes } from "node:crypto";
import type { Life } from "../../src/core/life.ts";
import { openMetrics } from "../../src/core/metrics.ts";
import { openKube } from "../../src/kube/client.ts";
import type { KubeConfig } from "../../src/kube/config.ts";
import type { Kube, Pod } from "../../src/kube/types.ts";
import { testLog } from "../helpers/log.ts";
import { openWire, type Wire } from "./wire.ts";

export interface ContractTarget {
  /** Path of a kubeconfig whose user may do everything in the namespace. */
  kubeconfig: string;
  namespace: string;
}

/** What the API server under test has beyond objects and watches. */
export interface ContractFeatures {
  /** A kubelet runs pods of this image, which has /bin/sh; without it nothing that runs is tested. */
  kubelet?: { image: string };
  /** Identities other than ours, and roles. */
  real?: boolean;
  /** Old versions are forgotten after at most so many seconds (etcd's compaction), so that expiry can be waited for. */
  versionsKeptSeconds?: number;
}

/** What the sections of the suite work with. */
export interface Subject extends ContractTarget {
  wire: Wire;
  kube: Kube;
  life: Life;
  /** Path of a collection of the core group in the namespace. */
  path(plural: string, name?: string): string;
}

export async function openSubject(life: Life, target: ContractTarget): Promise<Subject> {
  const { kubeconfig, namespace } = target;
  const config = { ...kubeConfigFor(kubeconfig), namespace };
  return {
    ...target,
    life,
    wire: await openWire(life, kubeconfig),
    kube: await openKube(life, { config, metrics: openMetrics({ defaults: false }), log: testLog() }),
    path: (plural, name) => `/api/v1/namespaces/${namespace}/${plural}${name === undefined ? "" : `/${name}`}`,
  };
}

/** The client's configuration for a kubeconfig file, all else as it is by default. */
export function kubeConfigFor(kubeconfig: string): KubeConfig {
  return {
    kubeconfig,
    namespace: undefined,
    context: undefined,
    serviceHost: undefined,
    servicePort: 443,
    callDeadlineSeconds: 20,
    patienceSeconds: 15,
  };
}

/** A name that no other test uses. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(5).toString("hex")}`;
}

/** A pod that no node takes and that no scheduler writes to: all that is not about running needs no more. */
export function waitingPod(name: string, labels: Record<string, string> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels },
    spec: {
      schedulerName: "nobody", // so that no scheduler writes into its status
      automountServiceAccountToken: false,
      containers: [{ name: "main", image: "localhost/none:1", imagePullPolicy: "Never", command: ["sleep", "600"] }],
    },
  };
}

/** A pod that runs a shell script once. */
export function shellPod(name: string, { image, script }: { image: string; script: string }): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { contract: "shell" } },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 5,
      containers: [{ name: "main", image, imagePullPolicy: "IfNotPresent", command: ["/bin/sh", "-c", script] }],
    },
  };
}
