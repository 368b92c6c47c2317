/** Memory of a process at rest: V8 collects what is old only when it wants more, so what a start or a class left behind stays for hours. */

import { performance } from "node:perf_hooks"; // that of browsers has no utilization
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Life } from "../core/life.ts";

const EVERY_MS = 5_000;
/** Of a processor; more is work, which a collection would hold up. */
const REST = 0.05;
/** What is less is not worth a collection, which takes some 50 ms for 20 MB that live. */
const WORTH_BYTES = 8e6;
/** And as a part of what lived after the last one, so that large processes collect no more often than small ones. */
const WORTH_PART = 0.5;

/** Collects whenever the process is at rest and much may have become garbage since it did so last; first of all what its start left. */
export function collectAtRest(life: Life): void {
  let before = performance.eventLoopUtilization();
  let lived = 0;
  const look = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    const used = memoryUsed();
    lived = Math.min(lived, used); // V8 may have collected by itself
    if (utilization > REST || used - lived < Math.max(WORTH_BYTES, WORTH_PART * lived)) return;
    collect();
    lived = memoryUsed();
    before = performance.eventLoopUtilization(); // a collection is no work
  }, EVERY_MS);
  look.unref();
  life.defer("memory at rest", () => clearInterval(look));
}

function memoryUsed(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

/** Collects all that nobody holds, and gives the pages back to the system. */
function collect(): void {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as (options: object) => void; // what the flag exposes
  setFlagsFromString("--no-expose-gc"); // with another set of flags V8 would refuse its code cache
  gc({ type: "major", flavor: "last-resort" });
}
