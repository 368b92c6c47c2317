/** Cpu and memory of a project's container: what its quota means, and how amounts compare. Pure. */

import { quantity } from "../../core/quantities.ts";
import type { ContainerResources } from "../../kube/types.ts";
import type { RunQuota } from "../../protocol/quotas.ts";
import { QUOTA_MB } from "../quotas/memory-words-rules.ts";

/** The part of a quota that a container has. */
export type ResourceQuota = Pick<RunQuota, "cpu_limit" | "cpu_request" | "memory_limit" | "memory_request">;

/** Of these a container of ours has always both, each as limit and as request. */
export interface ProjectResources {
  limits: { cpu: string; memory: string };
  requests: { cpu: string; memory: string };
}

/** That part alone. */
export function resourceFields({ cpu_limit, cpu_request, memory_limit, memory_request }: RunQuota): ResourceQuota {
  return { cpu_limit, cpu_request, memory_limit, memory_request };
}

/** A limit of nothing would be none at all for Kubernetes: cores, MB. */
const LEAST = { cpu: 0.01, memory: 64 };

/** What the quota gives the project's container; it never asks for more than its limit. */
export function resourcesFor({
  cpu_limit,
  cpu_request,
  memory_limit,
  memory_request,
}: ResourceQuota): ProjectResources {
  const cpu = Math.max(cpu_limit, LEAST.cpu);
  const memory = Math.max(memory_limit, LEAST.memory);
  return {
    limits: { cpu: cores(cpu), memory: mebibytes(memory) },
    requests: { cpu: cores(Math.min(cpu_request, cpu)), memory: mebibytes(Math.min(memory_request, memory)) },
  };
}

/** Cpu and memory among a container's resources; "0" where nothing is said. */
export function projectResources({ limits, requests }: ContainerResources = {}): ProjectResources {
  return {
    limits: { cpu: limits?.cpu ?? "0", memory: limits?.memory ?? "0" },
    requests: { cpu: requests?.cpu ?? "0", memory: requests?.memory ?? "0" },
  };
}

export function sameResources(a: ProjectResources, b: ProjectResources): boolean {
  return KINDS.every((kind) => NAMES.every((name) => sameAmount(a[kind][name], b[kind][name])));
}

/** However they are written: nodes tell amounts in their own way, to a thousandth of a core and to a byte. */
function sameAmount(a: string, b: string): boolean {
  const [x, y] = [quantity(a) ?? 0, quantity(b) ?? 0];
  return Math.abs(x - y) <= 1e-6 * Math.max(Math.abs(x), Math.abs(y));
}

const KINDS = ["limits", "requests"] as const;
const NAMES = ["cpu", "memory"] as const;

/** The smaller one, as it is written. */
export function lesser(a: string, b: string): string {
  return (quantity(a) ?? 0) <= (quantity(b) ?? 0) ? a : b;
}

function cores(count: number): string {
  return `${Math.round(count * 1000)}m`;
}

/** Whole ones: a kernel counts memory in pages. */
function mebibytes(count: number): string {
  return `${Math.round(count)}Mi`;
}

/**
 * What of a quota is had where the container has these resources: amounts are told as one of the quotas has them where they mean the same.
 */
export function quotaHad(actual: ProjectResources, among: readonly ResourceQuota[]): ResourceQuota {
  const had = (field: keyof ResourceQuota, amount: string, plain: number) => {
    const { kind, name } = PLACES[field];
    return among.find((quota) => sameAmount(resourcesFor(quota)[kind][name], amount))?.[field] ?? plain;
  };
  const amountOf = (text: string, unit: number) => (quantity(text) ?? 0) / unit;
  const { limits, requests } = actual;
  return {
    cpu_limit: had("cpu_limit", limits.cpu, amountOf(limits.cpu, 1)),
    cpu_request: had("cpu_request", requests.cpu, amountOf(requests.cpu, 1)),
    memory_limit: had("memory_limit", limits.memory, amountOf(limits.memory, QUOTA_MB)),
    memory_request: had("memory_request", requests.memory, amountOf(requests.memory, QUOTA_MB)),
  };
}

const PLACES = {
  cpu_limit: { kind: "limits", name: "cpu" },
  cpu_request: { kind: "requests", name: "cpu" },
  memory_limit: { kind: "limits", name: "memory" },
  memory_request: { kind: "requests", name: "memory" },
} as const;
