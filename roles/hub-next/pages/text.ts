/** Text from the settings on a page: HTML where an administrator wrote HTML, else paragraphs. */

import { type Html, html, trusted } from "../html.ts";

/** Text that begins with an element is HTML; otherwise a blank line begins a paragraph. */
export function settingText(text: string): Html {
  const trimmed = text.trim();
  if (trimmed.startsWith("<")) return trusted(trimmed);
  return html`${trimmed.split(/\n\s*\n/).map((paragraph) => html`<p>${paragraph}</p>`)}`;
}
