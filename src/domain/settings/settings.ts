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
interface ReadSettings {
  values: SettingValues;
  /** Set to what is not well formed, so that the default counts. */
  illFormed: readonly SettingName[];
}

/** Reads all settings. */
export async function readSettings(db: Queryable): Promise<SettingValues> {
  return (await readTable(db)).values;
}

async function readTable(db: Queryable): Promise<ReadSettings> {
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
  read: Promise<ReadSettings>;
  until: number;
}

const DEFAULTS: ReadSettings = { values: settingValues(new Map()), illFormed: [] };

export class Settings {
  readonly #db: Queryable;
  readonly #log: Logger;
  /** undefined: nothing was ever read. */
  #last: ReadSettings | undefined;
  #reading: Reading | undefined;

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
    return (await this.#now()).values;
  }

  /** The same for what must not be decided by defaults that nobody chose. @throws AppError `unavailable` where they were never read. */
  async known(): Promise<ReadSettings> {
    const read = await this.#now();
    if (this.#last === undefined) throw unavailable("The settings of the site cannot be read yet.");
    return read;
  }

  forget(): void {
    this.#reading = undefined;
  }

  #now(): Promise<ReadSettings> {
    if (this.#reading === undefined || this.#reading.until < Date.now()) this.#reading = this.#begin();
    return this.#reading.read;
  }

  #begin(): Reading {
    const read = this.#read();
    const last = this.#last;
    if (last === undefined) return { read, until: Date.now() + TTL_MS };
    const { promise, resolve } = Promise.withResolvers<ReadSettings>();
    const impatient = setTimeout(() => {
      this.#log.warn({}, "the database does not answer; the last site settings are used");
      resolve(last);
    }, PATIENCE_MS);
    const reading: Reading = { read: promise, until: Date.now() + TTL_MS };
    void read.then((settings) => {
      clearTimeout(impatient);
      resolve(settings);
      reading.read = read;
    });
    return reading;
  }

  async #read(): Promise<ReadSettings> {
    try {
      this.#last = await readTable(this.#db);
      return this.#last;
    } catch (error) {
      this.#log.warn({ reason: messageOf(error) }, "the site settings cannot be read; the last ones are used");
      this.#reading = undefined;
      return this.#last ?? DEFAULTS;
    }
  }
}
