/** The site's settings of a process: read once, read anew when a notification says so, and still there while the database is away. */

import { messageOf, unavailable } from "../../core/errors.ts";
import type { Life } from "../../core/life.ts";
import type { Logger } from "../../core/log.ts";
import type { Db, Queryable } from "../../db/db.ts";
import type { SettingName } from "./definitions.ts";
import { illFormedSettings, type SettingValues, settingValues } from "./values.ts";

/** What is set, by the table: unknown names and ill-formed values too. */
export function settingRows(db: Queryable): Promise<{ name: string; value: string | null }[]> {
  return db.query("SELECT name, value FROM server_settings ORDER BY name");
}

/** What was read of the table. */
export interface ReadSettings {
  values: SettingValues;
  /** Set to what is not well formed, so that the default counts. */
  illFormed: readonly SettingName[];
}

/** Reads all settings. */
export async function readSettings(db: Queryable): Promise<SettingValues> {
  return (await readSettingsTable(db)).values;
}

/** The same, and which are not well formed. */
export async function readSettingsTable(db: Queryable): Promise<ReadSettings> {
  const rows = new Map((await settingRows(db)).map(({ name, value }) => [name, value]));
  return { values: settingValues(rows), illFormed: illFormedSettings(rows) };
}

/** How old settings may be without word from the database. */
const TTL_MS = 15_000;
/** How long a reader waits for a database that does not answer. */
const PATIENCE_MS = 1_000;

/**
 * Opens the settings of a process; they live as long as `life`.
 * A notification makes the next reader ask anew; the last good values serve while the database is away or hangs.
 */
export async function openSettings(life: Life, db: Db, { log }: { log: Logger }): Promise<Settings> {
  const settings = new Settings(db, log);
  const forget = () => settings.forget();
  await db.listen(life, { channels: ["server_settings"], onNotify: forget, onMissed: forget });
  return settings;
}

interface Reading {
  /** Resolves within about a second, if need be with what was read last. */
  soon: Promise<ReadSettings>;
  /** Resolves when the database has answered, or does not; never rejects. */
  whole: Promise<ReadSettings>;
  until: number;
}

const DEFAULTS: ReadSettings = { values: settingValues(new Map()), illFormed: [] };

export class Settings {
  readonly #db: Queryable;
  readonly #log: Logger;
  /** undefined: nothing was ever read. */
  #last: ReadSettings | undefined;
  #reading: Reading | undefined;
  /** How often it was said that they may have changed. */
  #changes = 0;
  /** How often that had been said when the last ones were asked for. */
  #lastOf = -1;

  constructor(db: Queryable, log: Logger) {
    this.#db = db;
    this.#log = log;
  }

  /**
   * All values as they are now; never fails. Where the database does not answer within about a second these are the last that were read,
   * and what it answers later serves whoever asks from then on. Before anything was ever read there is only that answer to wait for, and
   * where it does not come these are the defaults.
   */
  async values(): Promise<SettingValues> {
    return (await this.#now().soon).values;
  }

  /**
   * The same for what must not be decided by defaults that nobody chose, nor by what was read before the last word of a change: for that the
   * database's answer is waited for. @throws AppError `unavailable` where it does not come.
   */
  async known(): Promise<ReadSettings> {
    const changes = this.#changes;
    const { soon, whole } = this.#now();
    await (this.#lastOf === changes ? soon : whole);
    if (this.#last === undefined || this.#lastOf < changes)
      throw unavailable("The settings of the site cannot be read.");
    return this.#last;
  }

  /** They may have changed. */
  forget(): void {
    this.#changes++;
    this.#reading = undefined;
  }

  #now(): Reading {
    if (this.#reading === undefined || this.#reading.until < Date.now()) this.#reading = this.#begin();
    return this.#reading;
  }

  #begin(): Reading {
    const whole = this.#read();
    const until = Date.now() + TTL_MS;
    const last = this.#last;
    if (last === undefined) return { soon: whole, whole, until };
    const { promise, resolve } = Promise.withResolvers<ReadSettings>();
    const impatient = setTimeout(() => {
      this.#log.warn({}, "the database does not answer; the last site settings are used");
      resolve(last);
    }, PATIENCE_MS);
    const reading: Reading = { soon: promise, whole, until };
    void whole.then((settings) => {
      clearTimeout(impatient);
      resolve(settings);
      reading.soon = whole;
    });
    return reading;
  }

  async #read(): Promise<ReadSettings> {
    const changes = this.#changes;
    try {
      const read = await readSettingsTable(this.#db);
      if (this.#last !== undefined && changes < this.#lastOf) return this.#last; // somebody asked later and was answered sooner
      this.#last = read;
      this.#lastOf = changes;
      return read;
    } catch (error) {
      this.#log.warn({ reason: messageOf(error) }, "the site settings cannot be read; the last ones are used");
      this.#reading = undefined;
      return this.#last ?? DEFAULTS;
    }
  }
}
