/** A new terminal of a project: its server makes it and names it, so that nobody is led into one that runs already. */

import type { OpenProject } from "./app.ts";

/** Answers its name. @throws RequestError when the project has as many as it may, or is away. */
export async function newTerminal({ connection, tabs }: OpenProject, size = { cols: 80, rows: 24 }): Promise<string> {
  const taken = tabs.list.get().flatMap((tab) => (tab.kind === "terminal" ? [tab.name] : []));
  const { terminal } = await connection.request("terminal_create", { ...size, taken });
  return terminal.name;
}
