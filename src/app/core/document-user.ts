/** How a person is shown to others in a document: the name, and a colour that is always the same for the same account, dark enough for white letters. */

import type { AccountView } from "../../protocol/hub-socket.ts";
import type { DocumentUser } from "./live-document.ts";

const COLORS = [
  "#c2255c",
  "#9c36b5",
  "#6741d9",
  "#3b5bdb",
  "#1971c2",
  "#0c7a8a",
  "#087f5b",
  "#2b8a3e",
  "#b35309",
  "#c92a2a",
];

export function documentUser({
  account_id,
  first_name,
  last_name,
}: Pick<AccountView, "account_id" | "first_name" | "last_name">): DocumentUser {
  let sum = 0;
  for (const letter of account_id) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  const color = COLORS[sum % COLORS.length] ?? "#3b5bdb";
  return { name: `${first_name} ${last_name}`.trim(), color, colorLight: `${color}33` };
}
