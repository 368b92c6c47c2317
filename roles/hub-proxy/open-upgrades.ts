/** How many WebSockets each account has open through this process: nobody fills a project, or the process, for all others. */

import type { Duplex } from "node:stream";
import { AppError } from "../../src/core/errors.ts";
import { Tally } from "../../src/core/tally.ts";
import type { ProxyConfig } from "./config.ts";

export class OpenUpgrades {
  readonly #config: Pick<ProxyConfig, "maxUpgradesPerAccount" | "maxUpgradesPerMember">;
  readonly #ofAccounts = new Tally();
  readonly #ofMembers = new Tally();

  constructor(config: Pick<ProxyConfig, "maxUpgradesPerAccount" | "maxUpgradesPerMember">) {
    this.#config = config;
  }

  /** Counts a socket of an account to a project until it is closed, whatever becomes of it. @throws AppError `rate_limited` without a place. */
  enter(socket: Duplex, accountId: string, projectId: string): void {
    const { maxUpgradesPerAccount, maxUpgradesPerMember } = this.#config;
    if (socket.destroyed) return; // nobody would tell of its end any more
    const member = `${accountId} ${projectId}`;
    if (this.#ofMembers.of(member) >= maxUpgradesPerMember) throw tooMany(maxUpgradesPerMember, "to this project");
    if (this.#ofAccounts.of(accountId) >= maxUpgradesPerAccount) throw tooMany(maxUpgradesPerAccount, "to projects");
    const leave = [this.#ofMembers.add(member), this.#ofAccounts.add(accountId)];
    socket.once("close", () => {
      for (const end of leave) end();
    });
  }
}

function tooMany(most: number, where: string): AppError {
  return new AppError(
    "rate_limited",
    `Your account has ${most} connections open ${where} already, which is all it may. Close some tabs, or the programs that hold them, and try again.`,
  );
}
