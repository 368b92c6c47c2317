/** The site's settings of a process: read once, read anew when a notification says so, and still there while the database is away. */

import { messageOf } from "../../core/errors.ts";
import type { Life } from "../../core/life.ts";
import type { Logger } from "../../core/log.ts";
import type { Db, Queryable } from "../../db/db.ts";
import { type SettingValues, settingValues } from "./values.ts";

/** What is set, by the table: unknown names and ill-formed values too. */
export function settingRows(db: Queryable): Promise<{ name: string; value: string | null }[]> {
  return db.query("SELECT name, value FROM server_settings ORDER BY name");
}

/** Reads all settings. */
export async function readSettings(db: Queryable): Promise<SettingValues> {
  const rows = await settingRows(db);
  return settingValues(new Map(rows.map(({ name, value }) => [name, value])));
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
  values: Promise<SettingValues>;
  until: number;
}

export class Settings {
  readonly #db: Queryable;
  readonly #log: Logger;
  #last: SettingValues = settingValues(new Map());
  #wasRead = false;
  #reading: Reading | undefined;

  constructor(db: Queryable, log: Logger) {
    this.#db = db;
    this.#log = log;
  }

  /**
   * All values as they are now; never fails. Where the database does not answer within about a second these are the last that were read,
   * and what it answers later serves whoever asks from then on. Before anything was ever read there is only that answer to wait for.
   */
  values(): Promise<SettingValues> {
    if (this.#reading === undefined || this.#reading.until < Date.now()) this.#reading = this.#begin();
    return this.#reading.values;
  }

  forget(): void {
    this.#reading = undefined;
  }

  #begin(): Reading {
    const read = this.#read();
    if (!this.#wasRead) return { values: read, until: Date.now() + TTL_MS };
    const { promise, resolve } = Promise.withResolvers<SettingValues>();
    const impatient = setTimeout(() => {
      this.#log.warn({}, "the database does not answer; the last site settings are used");
      resolve(this.#last);
    }, PATIENCE_MS);
    const reading: Reading = { values: promise, until: Date.now() + TTL_MS };
    void read.then((values) => {
      clearTimeout(impatient);
      resolve(values);
      reading.values = read;
    });
    return reading;
  }

  async #read(): Promise<SettingValues> {
    try {
      const values = await readSettings(this.#db);
      this.#last = values;
      this.#wasRead = true;
      return values;
    } catch (error) {
      this.#log.warn({ reason: messageOf(error) }, "the site settings cannot be read; the last ones are used");
      this.#reading = undefined;
      return this.#last;
    }
  }
}
