/** How ids of projects and accounts are written: UUIDs of any version, in lower case. */

/** For patterns: one id. */
export const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

const WHOLE = new RegExp(`^${UUID}$`);

export function isUuid(text: string): boolean {
  return WHOLE.test(text);
}
