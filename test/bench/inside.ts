/** The process inside a cluster's network that runs one benchmark there; talks to its parent by messages. */

import { messageOf } from "../../src/core/errors.ts";
import { Life } from "../../src/core/life.ts";
import type { InsideOrder, InsideReport, Place } from "./cluster.ts";
import type { Figure } from "./report.ts";

const life = new Life("inside");
process.once("message", (order: InsideOrder) => void run(order));
process.once("SIGTERM", () => void end());

async function run({ module, place }: InsideOrder): Promise<void> {
  try {
    const { measure } = (await import(module)) as { measure: (life: Life, place: Place) => Promise<Figure[]> };
    await report({ figures: await measure(life, place) });
  } catch (error) {
    await report({ error: error instanceof Error ? (error.stack ?? error.message) : messageOf(error) });
  }
  await end();
}

/** Ends what was started first: the parent takes the cluster down as soon as it hears of our end. */
async function end(): Promise<void> {
  for (const error of await life.stop()) process.stderr.write(`${error.message}\n`);
  process.exit(0);
}

async function report(message: InsideReport): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.send?.(message, undefined, undefined, () => resolve());
  await promise;
}
