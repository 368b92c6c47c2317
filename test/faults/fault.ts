/** A fault on the way of one client: of which kind, for how long, and that it was met. What the client has to do about it says each client's own file. */

import { sleep } from "../../src/core/clock.ts";
import { type FaultKind, faultKinds, type Random, type TcpProxy } from "../helpers/tcp-proxy.ts";
import { until } from "../helpers/until.ts";

export interface Fault {
  kind: FaultKind;
  seed: number;
  /** It lasts for between so many milliseconds and so many; the seed decides. */
  betweenMs: readonly [number, number];
}

/** One fault of each kind, with a seed of its own. */
export function faultsOf(betweenMs: Fault["betweenMs"], firstSeed = 0): Fault[] {
  return faultKinds.map((kind, at) => ({ kind, seed: firstSeed + at, betweenMs }));
}

/**
 * Lets the fault befall a proxy whose connections are in use, for its time and until `isEnough`, which is looked at all the while.
 * @throws where it met nothing: the client goes another way.
 */
export async function befall(
  proxy: TcpProxy,
  { kind, betweenMs: [least, most] }: Fault,
  { random, isEnough = () => true }: { random: Random; isEnough?: () => Promise<boolean> | boolean },
): Promise<void> {
  await until(() => proxy.open > 0, { what: "the client comes by way of the proxy" });
  await proxy.fault(kind, random);
  const endsAt = Date.now() + least + random() * (most - least);
  const isOver = async () => (await isEnough()) && Date.now() > endsAt && proxy.struck > 0;
  await until(isOver, { timeoutMs: most + 60_000, what: `${kind} was met, and is over` });
  await proxy.heal();
}

/** Asks again and again until it is stopped: without a pause, or every so many milliseconds where many ask side by side. */
export async function askOn(signal: AbortSignal, everyMs: number, ask: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await ask();
    if (everyMs > 0) await sleep(everyMs, signal);
  }
}

/** Of the long faults there are many at a time: each asks less, and has more patience. */
const isLong = ({ betweenMs: [least] }: Fault) => least >= 10_000;

/** How often is asked during such a fault. */
export const askEveryMs = (fault: Fault) => (isLong(fault) ? 500 : 0);

/** How long one question may take. */
export const deadlineMs = (fault: Fault) => (isLong(fault) ? 10_000 : 1_500);

/** How long it may take until all works again: what the product's own time-outs need, and a busy machine. */
export const PATIENCE_MS = 120_000;
