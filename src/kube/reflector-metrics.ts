/** What reflectors tell Prometheus: how old each cache is, and why it was listed again. */

import { type Counter, Gauge } from "prom-client";
import { counter, type Metrics } from "../core/metrics.ts";

/** Why a whole list was read. */
export type RelistReason = "start" | "interval" | "gone" | "silence" | "error";

interface Aged {
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
      for (const [resource, seconds] of oldest(open)) this.set({ resource }, seconds);
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

function oldest(open: Set<Aged>): Map<string, number> {
  const ages = new Map<string, number>();
  for (const reflector of open) {
    ages.set(reflector.resource, Math.max(ages.get(reflector.resource) ?? 0, reflector.ageMs() / 1000));
  }
  return ages;
}
