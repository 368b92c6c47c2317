/** What the site says of quotas, so that neither a database that is away nor a slip of an administrator's SQL takes from what runs. */

import type { Logger } from "../../src/core/log.ts";
import type { SettingName } from "../../src/domain/settings/definitions.ts";
import type { Settings } from "../../src/domain/settings/settings.ts";
import { siteQuotas, unknownQuotaSettings } from "../../src/domain/settings/values.ts";

export type SaidOfQuotas = ReturnType<typeof siteQuotas>;

export class SiteQuotas {
  readonly #settings: Pick<Settings, "known">;
  readonly #log: Logger;
  #last: SaidOfQuotas | undefined;
  /** Which are not well formed, as the log was told. */
  #told = "";

  constructor({ settings, log }: { settings: Pick<Settings, "known">; log: Logger }) {
    this.#settings = settings;
    this.#log = log;
  }

  /**
   * By which what runs is judged: while a setting is not well formed, what the site said before. undefined: that is not known, and what runs
   * keeps what it has. @throws AppError `unavailable` where the settings were never read.
   */
  async now(): Promise<SaidOfQuotas | undefined> {
    const known = await this.#settings.known();
    const wrong = unknownQuotaSettings(known);
    this.#tell(wrong);
    if (wrong.length === 0) this.#last = siteQuotas(known.values);
    return this.#last;
  }

  /** By which a start is made, which cannot wait: where nothing else is known, what is not well formed counts as not set. @throws as above. */
  async atStart(): Promise<SaidOfQuotas> {
    return (await this.now()) ?? siteQuotas((await this.#settings.known()).values);
  }

  /** Once for each change: pages of administrators and the doctor tell what is wrong with it. */
  #tell(wrong: readonly SettingName[]): void {
    if (this.#told === wrong.join()) return;
    this.#told = wrong.join();
    if (wrong.length > 0) {
      this.#log.warn(
        { settings: wrong },
        "settings that decide about quotas are not well formed; what runs stays as it is",
      );
    }
  }
}
