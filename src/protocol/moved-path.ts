/** Where a path leads after a file or folder was moved. Pure, and free of schemas, so that the app can use it. */

/** A file or folder has another path now. */
export interface Move {
  from: string;
  to: string;
}

/** The new path of what was moved, or was in what was moved; undefined for what stayed. */
export function movedPath(path: string, { from, to }: Move): string | undefined {
  if (path === from) return to;
  return path.startsWith(`${from}/`) ? to + path.slice(from.length) : undefined;
}
