/** How ids of projects and accounts are written: UUIDs of any version, in lower case. */

import { invalid } from "./errors.ts";

/** For patterns: one id. */
export const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

const WHOLE = new RegExp(`^${UUID}$`);

export function isUuid(text: string): boolean {
  return WHOLE.test(text);
}

/** The id that somebody typed. @throws AppError `invalid` for what is none. */
export function idIn(text: string, what: "project" | "licence"): string {
  const id = text.trim().toLowerCase();
  if (isUuid(id)) return id;
  const where =
    what === "project" ? "it is the part of the project's address after /projects/" : "write the whole of it";
  throw invalid(`"${text}" is not the id of a ${what}: ${where}.`);
}
