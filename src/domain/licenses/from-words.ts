/** A licence as somebody types it on a command line. Pure. */

import { invalid } from "../../core/errors.ts";
import { issuesInWords } from "../../core/issues-in-words.ts";
import { type LicenseChange, licenseChange } from "../../protocol/api-v2-licenses.ts";

/** Each as it was typed; `none` stands for null. */
export interface LicenseWords {
  title?: string;
  description?: string;
  activates?: string;
  expires?: string;
  manager?: string[];
  restricted?: boolean;
  /** JSON. */
  quota?: string;
  runLimit?: string;
  applyLimit?: string;
}

/** What the words say. @throws AppError `invalid` with what is wrong. */
export function licenseFromWords(words: LicenseWords): LicenseChange {
  const { title, description, activates, expires, manager, restricted, quota, runLimit, applyLimit } = words;
  const wish = {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(activates !== undefined && { activates: unlessNone(activates, momentFromWords) }),
    ...(expires !== undefined && { expires: unlessNone(expires, momentFromWords) }),
    ...(manager !== undefined && { managers: manager }),
    ...(restricted !== undefined && { restricted }),
    ...(quota !== undefined && { quota: unlessNone(quota, fromJson) }),
    ...(runLimit !== undefined && { run_limit: unlessNone(runLimit, Number) }),
    ...(applyLimit !== undefined && { apply_limit: unlessNone(applyLimit, Number) }),
  };
  const parsed = licenseChange.safeParse(wish);
  if (!parsed.success) throw invalid(issuesInWords(parsed.error.issues));
  return parsed.data;
}

/** `now`, a day (its beginning in UTC), or a moment in ISO 8601. @throws AppError `invalid`. */
function momentFromWords(text: string): string {
  const moment = text === "now" ? new Date() : new Date(text);
  if (!/^(now$|\d{4}-)/.test(text) || Number.isNaN(moment.getTime())) {
    throw invalid(`"${text}" is no moment: write 2030-01-31, 2030-01-31T12:00:00Z, now, or none.`);
  }
  return moment.toISOString();
}

function unlessNone<T>(text: string, read: (text: string) => T): T | null {
  return text === "none" ? null : read(text);
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalid(`"${text}" is no JSON: write something like '{"ram":4,"cpu":2,"member":true}', or none.`);
  }
}
