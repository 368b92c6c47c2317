/** What reflectors tell Prometheus: how old each cache is, and why it was listed again. */

import { type Counter, Gauge } from "prom-client";
import { counter, type Metrics } from "../core/metrics.ts";

/** Why a whole list was read. */
export type RelistReason = "start" | "interval" | "gone" | "silence" | "error";

/** A cache that knows how old it is. */
export interface Aged {
  readonly resource: string;
  ageMs(): number;
}

export interface ReflectorMetrics {
  /** The reflectors that are open: the gauge asks them when it is read. */
  readonly open: Set<Aged>;
  readonly relists: Counter<"resource" | "reason">;
  readonly handlerErrors: Counter<"resource">;
}

const AGE = "cocalc_kube_cache_age_seconds";

/** One set per process; the age of a resource is that of its oldest cache. */
export function openReflectorMetrics(metrics: Metrics): ReflectorMetrics {
  const open = new Set<Aged>();
  new Gauge({
    name: AGE,
    help: "Seconds since the API server last confirmed the cache of a resource.",
    labelNames: ["resource"],
    registers: [metrics],
    collect() {
      this.reset();
      for (const [resource, ageMs] of oldestByResource(open)) this.set({ resource }, ageMs / 1000);
    },
  });
  return {
    open,
    relists: counter(metrics, {
      name: "cocalc_kube_relists_total",
      help: "Whole lists read by reflectors, by reason.",
      labels: ["resource", "reason"],
    }),
    handlerErrors: counter(metrics, {
      name: "cocalc_kube_handler_errors_total",
      help: "Errors thrown by what listens to a reflector.",
      labels: ["resource"],
    }),
  };
}

/** Milliseconds, by resource. */
export function oldestByResource(caches: ReadonlySet<Aged>): Map<string, number> {
  const ages = new Map<string, number>();
  for (const cache of caches) ages.set(cache.resource, Math.max(ages.get(cache.resource) ?? 0, cache.ageMs()));
  return ages;
}
