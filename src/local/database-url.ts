/** From the URL of a database to the variables that roles read. Pure. */

import { AppError } from "../core/errors.ts";

const DEFAULT_PORT = "5432";

/** `postgres://user:password@host:port/database?sslmode=require`. @throws AppError `invalid`, without the password. */
export function databaseFromUrl(text: string): Record<string, string> {
  const url = URL.parse(text);
  if (!url || !["postgres:", "postgresql:"].includes(url.protocol) || url.hostname === "") {
    throw new AppError("invalid", "--database-url must be such as postgres://user:password@host:5432/database.");
  }
  const user = decodeURIComponent(url.username) || "smc";
  return {
    PGHOST: url.hostname.replace(/^\[|\]$/g, ""),
    PGPORT: url.port || DEFAULT_PORT,
    PGUSER: user,
    PGPASSWORD: decodeURIComponent(url.password),
    PGDATABASE: decodeURIComponent(url.pathname.slice(1)) || user,
    PGPASSWORD_FILE: "",
    PGSSLMODE: url.searchParams.get("sslmode") ?? "disable",
  };
}
