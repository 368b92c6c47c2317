/** What is told on a terminal: plain lines and tables. */

/**
 * Text that anybody may have written, such as a title, on one line: escape sequences would move the cursor, write into the clipboard or
 * change what was printed before, and marks of direction turn the line around.
 */
export function oneLine(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
}

/** Rows with their columns aligned, the last one as it is; ends with a newline. */
export function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(oneLine));
  const columns = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, index) =>
    Math.max(...cells.map((row) => (row[index] ?? "").length)),
  );
  const line = (row: readonly string[]) =>
    row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join("  ");
  return `${cells.map(line).join("\n")}\n`;
}
