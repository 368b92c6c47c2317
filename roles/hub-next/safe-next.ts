/** Where `next=` may lead after signing in: a path of this site, and nowhere else. */

const MAX_LENGTH = 2_000;
/** Stands for our own origin while a path is looked at; nobody can be there. */
const HERE = "http://here.invalid";
/** What browsers drop from addresses, or read as a slash. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const TRICKS = /[\u0000-\u0020\u007f\\]/;

/** The path with query and hash, below the base path; undefined for anything else, however it is disguised. */
export function safeNext(next: unknown, basePath: string): string | undefined {
  if (typeof next !== "string" || next.length > MAX_LENGTH) return undefined;
  if (!next.startsWith("/") || next.startsWith("//") || TRICKS.test(next)) return undefined;
  const url = URL.parse(next, HERE);
  if (url === null || url.origin !== HERE || url.pathname.startsWith("//")) return undefined;
  const isBelow = basePath === "" || url.pathname === basePath || url.pathname.startsWith(`${basePath}/`);
  return isBelow ? `${url.pathname}${url.search}${url.hash}` : undefined;
}
