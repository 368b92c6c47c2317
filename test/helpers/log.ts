/** Logs of tests: silent unless COCALC_LOG_LEVEL asks, or kept so that a test can look at them. */

import { environment } from "../../src/core/env.ts";
import { type Logger, openLog } from "../../src/core/log.ts";

export interface LogLine {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

/** The log for code under test. */
export function testLog(): Logger {
  const level = environment().COCALC_LOG_LEVEL;
  return openLog({ level: level === "debug" || level === "info" ? level : "silent" });
}

/** A log whose lines are kept. */
export function keptLog(): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (bindings: object): Logger => ({
    debug: (fields, message) => void lines.push({ level: "debug", message, fields: { ...bindings, ...fields } }),
    info: (fields, message) => void lines.push({ level: "info", message, fields: { ...bindings, ...fields } }),
    warn: (fields, message) => void lines.push({ level: "warn", message, fields: { ...bindings, ...fields } }),
    error: (fields, message) => void lines.push({ level: "error", message, fields: { ...bindings, ...fields } }),
    isLevelEnabled: () => true,
    child: (fields) => at({ ...bindings, ...fields }),
  });
  return { log: at({}), lines };
}
