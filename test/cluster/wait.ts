/** Waiting, with a deadline that says what was waited for. */
import { setTimeout as delay } from "node:timers/promises";

export interface Waiting {
  what: string;
  timeoutMs: number;
  everyMs?: number;
}

/** Asks `condition` until it gives something other than false or undefined; errors count as «not yet». */
export async function waitFor<T>(waiting: Waiting, condition: () => Promise<T | false | undefined>): Promise<T> {
  const deadline = Date.now() + waiting.timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await condition();
      if (answer !== false && answer !== undefined) {
        return answer;
      }
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`${waiting.what}: not within ${waiting.timeoutMs} ms`, { cause: last });
    }
    await delay(waiting.everyMs ?? 100);
  }
}
