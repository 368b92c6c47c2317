/** The shared documents of the project. */

import { unavailable } from "../../../src/core/errors.ts";
import type { Life } from "../../../src/core/life.ts";

export class Documents {
  readonly life: Life;

  constructor(life: Life, _options: object) {
    this.life = life;
  }

  open(): never {
    throw unavailable("This server does not hold documents yet.");
  }
}
