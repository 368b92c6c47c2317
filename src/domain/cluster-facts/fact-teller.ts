/** Tells one fact again and again while its role leads: when it has changed, at most every few seconds, and once a minute to say that it is so still. */

import { every } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Life } from "../../core/life.ts";
import type { Logger } from "../../core/log.ts";
import type { Leader } from "../../db/leader.ts";
import { type ClusterFacts, tellFact } from "./cluster-facts.ts";

const EVERY_MS = 3_000;
const CONFIRMED_MS = 60_000;

interface Told<N extends keyof ClusterFacts> {
  name: N;
  /** The fact as it is now; undefined: it cannot be told yet. */
  look: () => Promise<ClusterFacts[N] | undefined> | ClusterFacts[N] | undefined;
  leader: Leader;
  log: Logger;
}

/** Begins at once, and ends with the term. What cannot be told is logged and tried again. */
export function keepTelling<N extends keyof ClusterFacts>(term: Life, { name, look, leader, log }: Told<N>): void {
  let told: { text: string; atMs: number } | undefined;
  const tell = async () => {
    try {
      const value = await look();
      const text = JSON.stringify(value);
      const isOld = told === undefined || performance.now() - told.atMs > CONFIRMED_MS;
      if (value === undefined || (text === told?.text && !isOld)) return;
      await tellFact(leader, name, value);
      told = { text, atMs: performance.now() };
    } catch (error) {
      log.warn({ fact: name, reason: messageOf(error) }, "a fact of the cluster cannot be told; trying again");
    }
  };
  term.run(`telling ${name}`, async (signal) => {
    await tell();
    await every(EVERY_MS, signal, tell);
  });
}
