/** What a process holds open: sockets, servers, pipes, children, timers and files; for tests that start and stop things many times. */

import { readdirSync, readlinkSync } from "node:fs";

/** Counts by kind of what keeps this process busy. */
export function openResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return { ...counts, files: openFiles().length };
}

/** The files, sockets and pipes this process has open (Linux). */
function openFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // it was the descriptor of the folder itself
    }
  });
}
