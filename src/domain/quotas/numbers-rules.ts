/** The numbers that a quota is made of, and how they are put together. What the database holds is read leniently: rubbish counts as absent. Pure. */

/** Of `run_quota`, the things that are numbers here: yes and no are 1 and 0. */
export interface Numbers {
  network: number;
  member_host: number;
  always_running: number;
  privileged: number;
  disk_quota: number;
  memory_limit: number;
  memory_request: number;
  cpu_limit: number;
  cpu_request: number;
  idle_timeout: number;
}
export type NumberKey = keyof Numbers;

/** A thing that one giver names otherwise than `run_quota` does; `factor`: how much of ours one of theirs is. */
export interface Named {
  name: string;
  key: NumberKey;
  factor: number;
}

export const NONE: Readonly<Numbers> = combined(() => 0);

/** Of each key, what `of` makes of it. */
export function combined<Made>(of: (key: NumberKey) => Made): Record<NumberKey, Made> {
  return {
    network: of("network"),
    member_host: of("member_host"),
    always_running: of("always_running"),
    privileged: of("privileged"),
    disk_quota: of("disk_quota"),
    memory_limit: of("memory_limit"),
    memory_request: of("memory_request"),
    cpu_limit: of("cpu_limit"),
    cpu_request: of("cpu_request"),
    idle_timeout: of("idle_timeout"),
  };
}

export const lesser = (a: Numbers, b: Numbers) => combined((key) => Math.min(a[key], b[key]));
export const greater = (a: Numbers, b: Numbers) => combined((key) => Math.max(a[key], b[key]));
export const sum = (a: Numbers, b: Numbers) => combined((key) => a[key] + b[key]);
/** What is left of `a` when `b` is taken from it. */
export const rest = (a: Numbers, b: Numbers) => combined((key) => Math.max(0, a[key] - b[key]));

/** More than any machine has, and little enough that sums stay numbers. */
const MOST_OF_ANYTHING = 1e12;

/** Numbers, numeric text, true and false count; anything else, and what is below zero, is ignored. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === "boolean") return value ? 1 : 0;
  const number = typeof value === "string" ? numberIn(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number) || number < 0) return undefined;
  return Math.min(number, MOST_OF_ANYTHING);
}

function numberIn(text: string): number | undefined {
  if (text === "true") return 1;
  if (text === "false") return 0;
  return text.trim() === "" ? undefined : Number(text);
}

/** Is something given, as a yes or as a number of at least one? */
export function isGiven(value: unknown): boolean {
  return (numberOf(value) ?? 0) >= 1;
}

/** What of it has a name that is known, in our units. */
export function named(given: Readonly<Record<string, unknown>>, names: readonly Named[]): Partial<Numbers> {
  const found: Partial<Numbers> = {};
  for (const { name, key, factor } of names) {
    const value = numberOf(given[name]);
    if (value !== undefined) found[key] = value * factor;
  }
  return found;
}
