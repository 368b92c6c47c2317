/** What is reserved for a project of what it may use, and the least that its server needs. Pure. */

import type { MemRequestAdjustment } from "../../protocol/quota-inputs.ts";
import type { Numbers } from "./numbers-rules.ts";
import type { Site } from "./site-rules.ts";

/** What the server of a project needs: MB, cores. Members are promised a little more. */
const LEAST = { memoryLimit: 1_000, memoryRequest: 200, cpuRequest: 0.02 };
const LEAST_OF_MEMBERS = { memoryRequest: 300, cpuRequest: 0.05 };

/** Requests follow limits by the site's over-commitment; nothing is below what a server needs, nor requests beyond what the site allows. Memory in whole MB. */
export function withRequests(total: Numbers, { most, overCommit }: Site): Numbers {
  const least = total.member_host >= 1 ? { ...LEAST, ...LEAST_OF_MEMBERS } : LEAST;
  const { cpu_request, memory_request } = followedRequests(total, overCommit);
  return {
    ...total,
    memory_limit: Math.floor(Math.max(total.memory_limit, Math.min(least.memoryLimit, most.memory_limit))),
    memory_request: Math.floor(Math.min(Math.max(memory_request, least.memoryRequest), most.memory_request)),
    cpu_request: Math.min(Math.max(cpu_request, least.cpuRequest), most.cpu_request),
  };
}

/** The requests, where the site says how often it gives out a core and a MB. */
export function followedRequests(
  { cpu_limit, cpu_request, memory_limit, memory_request }: Numbers,
  { cpu, mem }: Site["overCommit"],
): Pick<Numbers, "cpu_request" | "memory_request"> {
  return {
    cpu_request: Math.max(cpu_request, cpu > 0 ? cpu_limit / cpu : 0),
    memory_request: Math.max(memory_request, mem > 0 ? memory_limit / mem : 0),
  };
}

/** A safeguard of the site against requests that no machine has room for: it only makes them smaller. */
export function adjusted(result: Numbers, { lim, pct }: MemRequestAdjustment): Numbers {
  const ofLimit = pct === undefined ? Number.POSITIVE_INFINITY : (pct / 100) * result.memory_limit;
  return { ...result, memory_request: Math.floor(Math.min(result.memory_request, lim ?? ofLimit, ofLimit)) };
}
