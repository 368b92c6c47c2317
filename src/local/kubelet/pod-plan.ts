/** What a pod asks for, read from its JSON into types: the only place of the kubelet that looks into a spec. Pure. */

import { bytesOf, coresOf } from "../../core/quantities.ts";
import { asObject, asObjects, asText, isObject, type Json } from "../kube-api/json.ts";
import type { ApiObject } from "../kube-api/types.ts";

export interface MountPlan {
  volume: string;
  path: string;
  subPath: string;
  /** As `subPath`, with `$(VARIABLE)` of the container in it. */
  subPathExpr: string;
}

export type ProbeAction =
  | { kind: "http"; port: number | string; path: string; host: string | undefined; headers: [string, string][] }
  | { kind: "tcp"; port: number | string }
  | { kind: "exec"; command: string[] };

export interface ProbePlan {
  action: ProbeAction;
  initialDelayMs: number;
  periodMs: number;
  timeoutMs: number;
  successThreshold: number;
  failureThreshold: number;
}

export interface ContainerPlan {
  name: string;
  image: string;
  pullPolicy: string;
  command: string[];
  args: string[];
  workingDir: string | undefined;
  env: Json[];
  envFrom: Json[];
  mounts: MountPlan[];
  /** Named ports. */
  ports: Map<string, number>;
  startup: ProbePlan | undefined;
  liveness: ProbePlan | undefined;
  readiness: ProbePlan | undefined;
  resources: Json;
}

export type RestartPolicy = "Always" | "OnFailure" | "Never";

export interface PodPlan {
  uid: string;
  namespace: string;
  name: string;
  restartPolicy: RestartPolicy;
  graceMs: number;
  initContainers: ContainerPlan[];
  containers: ContainerPlan[];
  volumes: Json[];
}

/** The plan of a pod that the API server has accepted. */
export function podPlan({ metadata, spec }: ApiObject): PodPlan {
  const { restartPolicy, terminationGracePeriodSeconds, initContainers, containers, volumes } = asObject(spec);
  return {
    uid: metadata.uid ?? "",
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    restartPolicy: restartPolicy === "Never" || restartPolicy === "OnFailure" ? restartPolicy : "Always",
    graceMs: seconds(terminationGracePeriodSeconds, 30),
    initContainers: asObjects(initContainers).map(containerPlan),
    containers: asObjects(containers).map(containerPlan),
    volumes: asObjects(volumes),
  };
}

function containerPlan(container: Json): ContainerPlan {
  return {
    name: asText(container.name),
    image: asText(container.image),
    pullPolicy: asText(container.imagePullPolicy),
    command: texts(container.command),
    args: texts(container.args),
    workingDir: asText(container.workingDir) || undefined,
    env: asObjects(container.env),
    envFrom: asObjects(container.envFrom),
    mounts: asObjects(container.volumeMounts).map(mountPlan),
    ports: new Map(asObjects(container.ports).map(({ name, containerPort }) => [asText(name), Number(containerPort)])),
    startup: probePlan(container.startupProbe),
    liveness: probePlan(container.livenessProbe),
    readiness: probePlan(container.readinessProbe),
    resources: asObject(container.resources),
  };
}

function mountPlan({ name, mountPath, subPath, subPathExpr }: Json): MountPlan {
  return {
    volume: asText(name),
    path: asText(mountPath).replace(/(.)\/+$/, "$1"),
    subPath: asText(subPath),
    subPathExpr: asText(subPathExpr),
  };
}

function probePlan(probe: unknown): ProbePlan | undefined {
  if (!isObject(probe)) return undefined;
  const action = probeAction(probe);
  if (!action) return undefined;
  return {
    action,
    initialDelayMs: seconds(probe.initialDelaySeconds, 0),
    periodMs: seconds(probe.periodSeconds, 10),
    timeoutMs: seconds(probe.timeoutSeconds, 1),
    successThreshold: Math.max(1, Number(probe.successThreshold ?? 1)),
    failureThreshold: Math.max(1, Number(probe.failureThreshold ?? 3)),
  };
}

function probeAction({ httpGet, tcpSocket, exec }: Json): ProbeAction | undefined {
  if (isObject(httpGet)) {
    const headers = asObjects(httpGet.httpHeaders).map(({ name, value }): [string, string] => [
      asText(name),
      asText(value),
    ]);
    const host = asText(httpGet.host) || undefined;
    return { kind: "http", port: portOf(httpGet.port), path: asText(httpGet.path) || "/", host, headers };
  }
  if (isObject(tcpSocket)) return { kind: "tcp", port: portOf(tcpSocket.port) };
  return isObject(exec) ? { kind: "exec", command: texts(exec.command) } : undefined;
}

function portOf(port: unknown): number | string {
  return typeof port === "number" ? port : asText(port);
}

/** Seconds of a spec as ms; 0 stands for itself only where it makes sense, which the API server has checked. */
function seconds(value: unknown, fallback: number): number {
  return (typeof value === "number" ? value : fallback) * 1000;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

export interface Requests {
  cores: number;
  memoryBytes: number;
}

/** What a pod asks of a node: the sum of its containers, or its largest init container if that is more. */
export function requestsOf({ spec }: ApiObject): Requests {
  const of = (container: Json): Requests => {
    const { cpu, memory } = asObject(asObject(container.resources).requests);
    return { cores: coresOf(cpu ?? 0) ?? 0, memoryBytes: bytesOf(memory ?? 0) ?? 0 };
  };
  const sum = asObjects(asObject(spec).containers).map(of);
  const initial = asObjects(asObject(spec).initContainers).map(of);
  const total = (field: keyof Requests) =>
    Math.max(
      sum.reduce((all, request) => all + request[field], 0),
      ...initial.map((request) => request[field]),
    );
  return { cores: total("cores"), memoryBytes: total("memoryBytes") };
}

/** Things that are counted whole, such as GPUs: a pod asks for as many as its limits say. By name, which has a slash. */
export function extendedOf({ spec }: ApiObject): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const container of asObjects(asObject(spec).containers)) {
    for (const [name, count] of Object.entries(asObject(asObject(container.resources).requests))) {
      if (name.includes("/")) sums[name] = (sums[name] ?? 0) + (bytesOf(count) ?? 0);
    }
  }
  return sums;
}
