/** Loopback addresses for pods: each its own, chosen at random so that several instances on a machine rarely meet. */

import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Where the system has only one loopback address, all pods share it. */
const ONLY = "127.0.0.1";

export class Addresses {
  readonly #taken = new Set<string>();
  #many: Promise<boolean> | undefined;

  /** An address that no other pod has. */
  async take(): Promise<string> {
    this.#many ??= canBind("127.64.0.1");
    if (!(await this.#many)) return ONLY;
    for (;;) {
      const address = `127.${randomInt(64, 128)}.${randomInt(256)}.${randomInt(1, 255)}`;
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
  }

  giveBack(address: string): void {
    this.#taken.delete(address);
  }
}

function canBind(address: string): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(0, address, () => server.close(() => resolve(true)));
  });
}
