/** A colour for each person's cursor: always the same for the same account, dark enough for white letters. */

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

export function cursorColors(accountId: string): { color: string; colorLight: string } {
  let sum = 0;
  for (const letter of accountId) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  const color = COLORS[sum % COLORS.length] ?? "#3b5bdb";
  return { color, colorLight: `${color}33` };
}
