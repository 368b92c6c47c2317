/** Structured logs: constant messages, variable fields, secrets removed by key before anything is written. */

import { pino } from "pino";
import { isError } from "./errors.ts";

/**
 * A logger whose message is a constant and whose fields vary. An error that nobody expected is the field `err`, with its stack; of an expected one
 * its message is the field `reason`.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Is a line of this level written? For fields that cost something to make. */
  isLevelEnabled(level: "debug" | "info"): boolean;
  child(fields: object): Logger;
}

/** Keys whose values never reach a log, at whatever depth they stand (compared in lower case). */
const SECRET_KEYS = new Set([
  "password",
  "passwordhash",
  "password_hash",
  "secret",
  "token",
  "cookie",
  "set-cookie",
  "authorization",
  "assertion",
  "api_key",
  "apikey",
  "privatekey",
  "private_key",
  "remember_me",
  "ticket_secret",
  "passwordresetid",
  "email_smtp_password",
  "password_reset_smtp_password",
  "connectionstring",
]);
const MAX_DEPTH = 6;
const MAX_STRING = 2_000;

/** A copy of the fields without secrets, without depth, and with long strings cut: what a log line may hold. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return value.length > MAX_STRING ? `${value.slice(0, MAX_STRING)}…` : value;
  if (isError(value)) return serializeError(value, depth);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "…";
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      SECRET_KEYS.has(key.toLowerCase()) ? "[redacted]" : redact(item, depth + 1),
    ]),
  );
}

function serializeError(error: Error, depth: number): object {
  return {
    type: error.name,
    message: redact(error.message),
    stack: error.stack,
    ...("code" in error ? { code: error.code } : {}),
    ...(error.cause === undefined || depth >= MAX_DEPTH ? {} : { cause: redact(error.cause, depth + 1) }),
  };
}

export interface LogOptions {
  level: "debug" | "info" | "warn" | "error" | "silent";
  /** Makes the JSON of a line what a person at a terminal reads; absent: it is written as it is. */
  prettify?: Prettify | undefined;
}

export type Prettify = (json: string) => string;

/** How many bytes are kept that standard error does not take at the moment; further lines are lost. */
const MAX_UNWRITTEN = 1_000_000;

/** Opens the process's log on standard error; flushed line by line, so that the last words of a crash are there. */
export function openLog({ level, prettify }: LogOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: (fields: unknown) => fields }, // redact has made the error readable already
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: object) => redact(fields) as Record<string, unknown>, // redact keeps an object an object
      bindings: (fields: object) => redact(fields) as Record<string, unknown>,
    },
  };
  const output = pino.destination({ dest: 2, sync: true, maxLength: MAX_UNWRITTEN });
  output.on("error", () => {}); // its reader is gone, or its disk is full: nobody can be told, and the service goes on
  if (prettify === undefined) return pino(options, output);
  return pino(options, { write: (json: string) => void output.write(prettify(json)) });
}

/** For people at a terminal; loaded when they are. */
export async function linesForPeople(): Promise<Prettify> {
  const { prettyFactory } = await import("pino-pretty");
  const line = prettyFactory({ ignore: "pid,hostname", translateTime: "HH:MM:ss", singleLine: true });
  return (json) => line(json) ?? "";
}
