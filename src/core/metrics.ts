/** The process's Prometheus registry, with Node's own figures; parts add theirs with `counter`, `gauge` and `histogram`. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export type Metrics = Registry;

interface MetricOptions<L extends string> {
  name: string;
  help: string;
  labels?: readonly L[];
}

/** A registry of its own, so that several processes' worth of roles can live in one test. */
export function openMetrics({ defaults = true } = {}): Metrics {
  const registry = new Registry();
  if (defaults) collectDefaultMetrics({ register: registry });
  return registry;
}

/** A counter, or the one of that name that is there already (two roles may count the same thing). */
export function counter<L extends string>(
  registry: Metrics,
  { name, help, labels = [] }: MetricOptions<L>,
): Counter<L> {
  return existing<Counter<L>>(registry, name) ?? new Counter({ name, help, labelNames: labels, registers: [registry] });
}

/** A gauge, or the one of that name that is there already. */
export function gauge<L extends string>(registry: Metrics, { name, help, labels = [] }: MetricOptions<L>): Gauge<L> {
  return existing<Gauge<L>>(registry, name) ?? new Gauge({ name, help, labelNames: labels, registers: [registry] });
}

/** A histogram in seconds, or the one of that name that is there already. */
export function histogram<L extends string>(
  registry: Metrics,
  { name, help, labels = [], buckets }: MetricOptions<L> & { buckets?: number[] },
): Histogram<L> {
  const standard = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
  return (
    existing<Histogram<L>>(registry, name) ??
    new Histogram({ name, help, labelNames: labels, buckets: buckets ?? standard, registers: [registry] })
  );
}

function existing<T>(registry: Metrics, name: string): T | undefined {
  return registry.getSingleMetric(name) as T | undefined; // the caller made it, under this name and kind
}
