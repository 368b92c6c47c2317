/** Where the database is: the fragment of configuration of every role that uses it. */

import { readFileSync } from "node:fs";
import { z } from "zod";
import { port, setting, wholeNumber } from "../core/config.ts";
import { AppError, codeOf, messageOf } from "../core/errors.ts";
import { isHostName } from "../core/host-name.ts";

const server = z
  .string()
  .refine(
    (text) => isHostName(text) || text.startsWith("/"),
    "must be a host name, an address, or the absolute path of a folder with a Unix socket",
  );

export const dbConfig = z.object({
  host: setting(
    "PGHOST",
    server.default("127.0.0.1"),
    "Host of the PostgreSQL server, or the folder of its Unix socket.",
  ),
  port: setting("PGPORT", port().default(5432), "Port of the PostgreSQL server."),
  user: setting("PGUSER", z.string().default("smc"), "Database user."),
  database: setting("PGDATABASE", z.string().default("smc"), "Name of the database."),
  password: setting("PGPASSWORD", z.string().optional(), "Password of the database user.", { secret: true }),
  passwordFile: setting(
    "PGPASSWORD_FILE",
    z.string().optional(),
    "File that holds the password; read at every connection, so that it may be rotated.",
  ),
  ssl: setting(
    "PGSSLMODE",
    z.enum(["disable", "require", "verify-full"]).default("disable"),
    "TLS to the database: none, encrypted, or encrypted and verified.",
  ),
  poolSize: setting(
    "COCALC_DB_POOL_SIZE",
    wholeNumber().min(1).max(200).default(10),
    "Connections in the pool of one process.",
  ),
  leaderSilenceSeconds: setting(
    "COCALC_LEADER_SILENCE_SECONDS",
    wholeNumber().min(3).max(600).default(10),
    "A leader that has said nothing to the database for so long is frozen: a replica ends its connection and leads.",
  ),
});

export type DbConfig = z.infer<typeof dbConfig>;

/** What `pg` needs to connect: sessions are in UTC, a hung server is noticed by TCP keep-alive, and a hung process by the server. */
export function connectionOptions(config: DbConfig, applicationName: string) {
  return {
    host: config.host,
    port: config.port,
    user: config.user,
    database: config.database,
    password: () => passwordOf(config),
    ssl: config.ssl === "disable" ? false : { rejectUnauthorized: config.ssl === "verify-full" },
    application_name: applicationName,
    // A process that freezes within a transaction must not hold its locks for ever.
    options: "-c TimeZone=UTC -c idle_in_transaction_session_timeout=10s",
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: 5_000,
  };
}

/** Such as smc@127.0.0.1:5432/smc. */
export const placeOf = ({ user, host, port, database }: DbConfig) => `${user}@${host}:${port}/${database}`;

/** What an administrator has to look at when the database did not let us in. */
export function connectionFix(error: unknown): string {
  const code = codeOf(error);
  if (code.startsWith("28")) return "correct PGUSER and PGPASSWORD (or PGPASSWORD_FILE), or pg_hba.conf of the server";
  if (code === "3D000") return "create that database, or correct PGDATABASE";
  return "see that PostgreSQL runs and that PGHOST and PGPORT name it";
}

/** An error for people, in place of one that says that no connection could be made; anything else stays as it is. */
export function databaseTrouble(config: DbConfig, error: unknown): unknown {
  const inner = error instanceof AppError && error.code === "unavailable" ? (error.cause ?? error) : error;
  if (!/^(E[A-Z]+$|08|28|3D|57P)/.test(codeOf(inner))) return error;
  const words = `The database ${placeOf(config)} cannot be used: ${messageOf(inner)}; ${connectionFix(inner)}.`;
  return new AppError("unavailable", words, { cause: error });
}

function passwordOf({ password, passwordFile }: DbConfig): string {
  if (passwordFile === undefined) return password ?? "";
  try {
    return readFileSync(passwordFile, "utf8").trim();
  } catch (cause) {
    throw new AppError("invalid", `PGPASSWORD_FILE names ${passwordFile}, which cannot be read; mount the secret.`, {
      cause,
    });
  }
}
