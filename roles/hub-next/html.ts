/** HTML as a tagged template: everything put in is escaped, unless it is HTML of this kind already. */

import { escapeHtml } from "../../src/net/serve/plain-page.ts";

/** HTML that is safe to put into a page. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

type Part = Html | string | number | false | null | undefined | readonly Part[];

/** Text is escaped for elements and for quoted attributes; false, null and undefined are nothing; lists are joined. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(
    strings.reduce((text, string, index) => text + string + (index < parts.length ? rendered(parts[index]) : ""), ""),
  );
}

/** HTML that an administrator wrote: what it may do is bounded by the page's policy, which allows no script. */
export function trusted(text: string): Html {
  return new Html(text);
}

function rendered(part: Part): string {
  if (part === undefined || part === null || part === false) return "";
  if (part instanceof Html) return part.toString();
  if (typeof part === "object") return part.map(rendered).join("");
  return escapeHtml(String(part));
}
