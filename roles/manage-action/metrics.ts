/** What manage-action counts. */

import { counter, gauge, histogram, type Metrics } from "../../src/core/metrics.ts";

export type ActionMetrics = ReturnType<typeof openActionMetrics>;

export function openActionMetrics(metrics: Metrics) {
  return {
    /** For what measures itself. */
    registry: metrics,
    inFlight: gauge(metrics, { name: "cocalc_starts_in_flight", help: "Starts that hold a place." }),
    queued: gauge(metrics, { name: "cocalc_starts_queued", help: "Starts that wait for a place." }),
    ended: counter(metrics, {
      name: "cocalc_project_starts_total",
      help: "Starts that ended, by how and why.",
      labels: ["outcome", "reason"],
    }),
    resized: counter(metrics, {
      name: "cocalc_project_resizes_total",
      help: "Changes of what a running project has, by how they ended: done, or the reason why not all of it.",
      labels: ["outcome"],
    }),
    toPod: histogram(metrics, {
      name: "cocalc_start_request_to_pod_seconds",
      help: "From the request of a start to its pod.",
    }),
  };
}
