/** An API key of ours in an Authorization header: one reading for whoever asks who it is, and for whoever keeps it from a project. Pure. */

import { apiKeyId } from "./api-keys.ts";

const MAX_LENGTH = 1_000;
const SCHEME_AND_VALUE = /^(\S+)[ \t]+(\S+)$/;

/**
 * The key of `Bearer <key>`, or of Basic with the key as user name, whatever the password; undefined when the header is for somebody else:
 * a proxy before us, or a server in a project, whose keys may begin with `sk-` too.
 */
export function keyIn(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length > MAX_LENGTH) return undefined;
  const [, scheme = "", value = ""] = SCHEME_AND_VALUE.exec(authorization.trim()) ?? [];
  const isBasic = scheme.toLowerCase() === "basic";
  const key = isBasic ? (Buffer.from(value, "base64").toString("latin1").split(":", 1)[0] ?? "") : value;
  return apiKeyId(key) === undefined ? undefined : key;
}
