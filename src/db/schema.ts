/** Which schema this program needs, and whether a database has it: by the names of its migrations. */

import { readdir } from "node:fs/promises";
import { sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";
import { migrationsFolder } from "./migrations-folder.ts";

type Query = <Row>(sql: string) => Promise<Row[]>;

/** The migrations that this program brings, in their order. */
export async function neededMigrations(): Promise<string[]> {
  const files = await readdir(migrationsFolder);
  return files
    .filter((file) => file.endsWith(".sql"))
    .map((file) => file.slice(0, -4))
    .sort();
}

/** Those that the database has had; none: it is empty. */
export async function doneMigrations(query: Query): Promise<ReadonlySet<string>> {
  const tables = await query("SELECT FROM pg_class WHERE oid = to_regclass('pgmigrations')");
  const rows = tables.length === 0 ? [] : await query<{ name: string }>("SELECT name FROM pgmigrations");
  return new Set(rows.map(({ name }) => name));
}

/** Those of `needed` that the database has not had. A newer schema is as good: migrations only expand. */
async function missingMigrations(query: Query, needed: readonly string[]): Promise<string[]> {
  const done = await doneMigrations(query);
  return needed.filter((name) => !done.has(name));
}

const LOOK_AGAIN_MS = 1_000;

/** Looks until the schema is there; from then on there is nothing to look for. */
export class SchemaWatch {
  /** Resolves when the schema is there, or it could not be looked at: a database that is away keeps nobody from starting. */
  readonly usable: Promise<void>;
  #problem: string | undefined = "the database's schema has not been looked at yet";

  constructor(life: Life, { query, log }: { query: Query; log: Logger }) {
    const usable = Promise.withResolvers<void>();
    this.usable = usable.promise;
    life.run("schema", async (signal) => {
      while (!signal.aborted) {
        const isKnown = await this.#look(query, log);
        if (!isKnown || this.#problem === undefined) usable.resolve();
        if (this.#problem === undefined) break;
        await sleep(LOOK_AGAIN_MS, signal);
      }
      usable.resolve();
    });
  }

  /** Why this process cannot work on the database, in words; undefined: it can. */
  problem(): string | undefined {
    return this.#problem;
  }

  /** Whether it could be looked at. */
  async #look(query: Query, log: Logger): Promise<boolean> {
    const before = this.#problem;
    try {
      const needed = await neededMigrations();
      const missing = await missingMigrations(query, needed);
      const wanted = `this program needs ${needed.at(-1)}, and the database has not had ${missing.join(", ")}`;
      this.#problem = missing.length === 0 ? undefined : `${wanted}; run cocalc-k8s migrate`;
      if (missing.length > 0 && this.#problem !== before)
        log.warn({ missing }, "the database's schema is older than this program");
      return true;
    } catch (error) {
      this.#problem = `the database's schema could not be looked at: ${messageOf(error)}`;
      return false;
    }
  }
}
