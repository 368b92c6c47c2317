/**
 * Waits for a condition of the world, looked at every few milliseconds; the only waiting that tests do. How long it waits at most says nothing of
 * speed: a busy machine takes its time, and whoever is done goes on at once. A shorter limit is for what another way would bring about later.
 */

/** Resolves with the first value of `condition` that is neither undefined nor false. @throws after `timeoutMs`, naming what was awaited. */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 40_000, what = condition.toString(), everyMs = 10 } = {},
): Promise<Exclude<T, undefined | false | null>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false && value !== null) return value as Exclude<T, undefined | false | null>; // just looked at
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, everyMs);
    await promise;
  }
}
