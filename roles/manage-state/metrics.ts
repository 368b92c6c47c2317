/** What manage-state counts: states written, and how long the phases of starts took. */

import { counter, histogram, type Metrics } from "../../src/core/metrics.ts";
import type { Trace } from "../../src/domain/starts/progress.ts";

export type StateMetrics = ReturnType<typeof openStateMetrics>;

const PHASES = ["picked_up", "applied", "scheduled", "pulled", "started", "ready"] as const;

export function openStateMetrics(metrics: Metrics) {
  const phases = histogram(metrics, {
    name: "cocalc_project_start_phase_seconds",
    help: "How long each phase of a start took, from the end of the one before.",
    labels: ["phase"],
  });
  const total = histogram(metrics, {
    name: "cocalc_project_start_seconds",
    help: "From the request of a start to a project that is ready.",
  });
  return {
    /** For what measures itself. */
    registry: metrics,
    writes: counter(metrics, {
      name: "cocalc_project_states_written_total",
      help: "Changes of projects' states.",
      labels: ["state"],
    }),
    unseen: counter(metrics, {
      name: "cocalc_project_pods_unseen_total",
      help: "Pods of projects that were found without the labels by which they are known.",
    }),
    /** A start became ready. */
    observe(trace: Trace): void {
      let before = trace.requested;
      for (const phase of PHASES) {
        const time = trace[phase];
        if (time === null) continue;
        phases.observe({ phase }, Math.max(0, time - before) / 1_000);
        before = Math.max(before, time);
      }
      total.observe(Math.max(0, (trace.ready ?? before) - trace.requested) / 1_000);
    },
  };
}
