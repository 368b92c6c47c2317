/** Waiting that ends when a life ends; no sleeping without a signal. */

/** Resolves after `ms`, or at once when the signal is aborted (it never rejects: look at the signal). */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const abort = () => resolve();
  signal.addEventListener("abort", abort, { once: true });
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort); // a loop that lives for days would pile them up
  });
}

/** Runs `act` every `ms` (measured from end to start) until the signal is aborted; the first run is after one interval. */
export async function every(ms: number, signal: AbortSignal, act: () => Promise<void> | void): Promise<void> {
  for (;;) {
    await sleep(ms, signal);
    if (signal.aborted) return;
    await act();
  }
}
