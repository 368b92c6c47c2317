/** What a check of the doctor is: a name, whether all is well, what was found, and how to mend it. */

import { messageOf } from "../../core/errors.ts";

export interface Checked {
  name: string;
  ok: boolean;
  /** What was found, in words. */
  detail: string;
  fix?: string;
}

export interface Finding {
  ok: boolean;
  detail: string;
  fix?: string;
}

export const well = (detail: string): Finding => ({ ok: true, detail });
export const wrong = (detail: string, fix: string): Finding => ({ ok: false, detail, fix });

/** Runs one check: one that throws has found something wrong, and does not keep the others from looking. */
export async function check(name: string, fix: string, look: () => Promise<Finding> | Finding): Promise<Checked> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    return { name, ok: false, detail: messageOf(error), fix };
  }
}

/** A check that cannot be made before another one is well. */
export function notLookedAt(name: string, because: string): Checked {
  return { name, ok: false, detail: `not looked at, because ${because}`, fix: "mend that first" };
}
