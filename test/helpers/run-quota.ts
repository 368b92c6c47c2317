/** What a project may use at a site that says nothing. */

import type { RunQuota } from "../../src/protocol/quotas.ts";

export const RUN_QUOTA: RunQuota = {
  network: false,
  member_host: false,
  always_running: false,
  privileged: false,
  disk_quota: 3_000,
  memory_limit: 1_000,
  memory_request: 200,
  cpu_limit: 1,
  cpu_request: 0.02,
  idle_timeout: 1_800,
  dedicated_vm: false,
  dedicated_disks: [],
  gpu: false,
};
