/** Where each part of a quota comes from: what each giver gives, and what of the result is owed to it. Pure. */

import type { QuotaInputs } from "../../protocol/quota-inputs.ts";
import { amountsOf } from "./amounts-rules.ts";
import { licensesInForce } from "./counted-rules.ts";
import type { MachineLicense } from "./license-rules.ts";
import { combined, type NumberKey } from "./numbers-rules.ts";
import { followedRequests } from "./requests-rules.ts";
import { type Steps, stepsOf } from "./steps-rules.ts";

export interface QuotaPart {
  /** `ratio`: reserved because the site gives out its machines so often. `limit`: the most that the site allows, where it cuts something off. `minimum`: what a project's server needs. */
  from: "site" | "administrator" | "member" | "licence" | "ratio" | "limit" | "minimum";
  /** Of a licence its id, of a member the place in `upgrades`. */
  id?: string;
  /** What it gives, or the limit, in the unit of `run_quota`; yes is 1. */
  value: number;
  /** What of the result is owed to it: all shares together are the result. Only a limit's is below zero. */
  share: number;
}

export type QuotaParts = Record<NumberKey, QuotaPart[]>;

/** Of each amount, who gives it, in the order in which it comes about. Who gives nothing is not named. */
export function quotaParts(inputs: QuotaInputs): QuotaParts {
  const steps = stepsOf(inputs, licensesInForce(inputs.licenses));
  const result = amountsOf(inputs, steps);
  return combined((key) => {
    const pile = new Pile(FLAGS.has(key) ? 1 : Number.POSITIVE_INFINITY);
    if (steps.counted.machine === undefined) addGiven(pile, steps, key);
    else addMachine(pile, steps.counted.machine, { key, amount: result[key] });
    pile.end(result[key]);
    return pile.parts.filter(({ value, share }) => value !== 0 || share !== 0);
  });
}

const FLAGS = new Set<NumberKey>(["network", "member_host", "always_running", "privileged"]);

/** Parts upon each other: each one's share is by how much the pile is higher with it. */
class Pile {
  readonly parts: QuotaPart[] = [];
  readonly #most: number;
  #height = 0;

  /** The pile is never higher than `most`. */
  constructor(most: number) {
    this.#most = most;
  }

  get height(): number {
    return this.#height;
  }

  /** With it the pile is as high as this. */
  add(part: Omit<QuotaPart, "share">, height: number): void {
    const reached = Math.min(height, this.#most);
    this.parts.push({ ...part, share: reached - this.#height });
    this.#height = reached;
  }

  /** In the end it is as high as this: what is missing is the least that a project needs, what is too much is cut off; parts of a MB are dropped. */
  end(result: number): void {
    const last = this.parts.at(-1);
    const rest = Math.min(result, this.#most) - this.#height;
    if (last !== undefined && Math.abs(rest) < 1 && result === Math.floor(this.#height)) last.share += rest;
    else if (rest !== 0) this.add({ from: rest > 0 ? "minimum" : "limit", value: result }, result);
  }
}

function addGiven(pile: Pile, steps: Steps, key: NumberKey): void {
  const { site, counted, administrator, members, licensed } = steps;
  pile.add({ from: "site", value: site.base[key] }, site.base[key]);
  pile.add({ from: "administrator", value: administrator[key] }, Math.max(pile.height, administrator[key]));
  const own = pile.height;
  const older = counted.upgrades.map(({ id, numbers }) => ({ from: "licence" as const, id, value: numbers[key] ?? 0 }));
  const given = [
    ...members.map((one, index) => ({ from: "member" as const, id: `${index}`, value: one[key] })),
    ...older,
  ];
  const room = Math.max(0, site.most[key] - site.base[key]);
  let added = 0;
  for (const part of given) {
    added += part.value;
    pile.add(part, own + Math.min(added, room));
  }
  let together = 0;
  for (const { id, numbers } of counted.group) {
    together = key === "idle_timeout" ? numbers[key] : together + numbers[key];
    pile.add({ from: "licence", id, value: numbers[key] }, Math.max(pile.height, Math.min(together, site.most[key])));
  }
  const isCut = added > room || together > licensed[key];
  if (isCut && !FLAGS.has(key)) pile.add({ from: "limit", value: site.most[key] }, pile.height);
  addRatio(pile, steps, key);
}

function addRatio(pile: Pile, { site, total }: Steps, key: NumberKey): void {
  if (key !== "cpu_request" && key !== "memory_request") return;
  const followed = followedRequests(total, site.overCommit)[key];
  if (followed > pile.height) pile.add({ from: "ratio", value: followed }, followed);
}

/** All is the machine's but for what it says nothing of. */
function addMachine(
  pile: Pile,
  { id, machine }: MachineLicense,
  { key, amount }: { key: NumberKey; amount: number },
): void {
  const given = machine.amounts[key];
  pile.add(
    given === undefined ? { from: "site", value: amount } : { from: "licence", id, value: given },
    given ?? amount,
  );
}
