/** The memory of sockets that have gone: V8 collects what is old only when it wants more, so a class that has left would stay in it for hours. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Life } from "../../../src/core/life.ts";

/** What fewer leave behind is not worth a collection, which holds all else up for some 50 ms. */
const MANY = 100;
/** While people come and go it waits. */
const QUIET_MS = 3_000;

export class MemoryOfTheGone {
  readonly #quiet: NodeJS.Timeout;
  #gone = 0;

  constructor(life: Life) {
    this.#quiet = setTimeout(() => this.#giveBack(), QUIET_MS).unref(); // which finds nothing, and waits to be set anew
    life.defer("memory of the gone", () => clearTimeout(this.#quiet));
  }

  cameOrWent(what: "came" | "went"): void {
    if (what === "went") this.#gone += 1;
    if (this.#gone >= MANY) this.#quiet.refresh();
  }

  #giveBack(): void {
    if (this.#gone < MANY) return;
    this.#gone = 0;
    collect();
  }
}

/** Collects all that nobody holds, and gives the pages back to the system. */
function collect(): void {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as (options: object) => void; // what the flag exposes
  setFlagsFromString("--no-expose-gc"); // with another set of flags V8 would refuse its code cache
  gc({ type: "major", flavor: "last-resort" });
}
