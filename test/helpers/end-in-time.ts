/** Ends a runner of tests that is done but does not end, because something is still open in its process: it says what, and CI goes on. */

const PATIENCE_MS = 20_000;

/** To be called when all tests are over. Does nothing to a process that ends by itself. */
export function endInTime(): void {
  const timer = setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(", ");
    process.stderr.write(`The tests are over, but this process would not end; still open: ${open}\n`);
    process.exit(); // with the status that jest has decided on
  }, PATIENCE_MS);
  timer.unref();
}
