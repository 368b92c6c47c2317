/** `cocalc-k8s roles`: name, group and summary of each role. */

import type { Command } from "commander";
import { loadRole } from "../../../roles/index.ts";
import { groups, roleNames } from "../../../roles/names.ts";
import { table } from "../table.ts";

export function roles(program: Command): void {
  program
    .command("roles")
    .description("List the roles: name, group, summary.")
    .action(async () => {
      const rows = await Promise.all(
        roleNames.map(async (name) => [name, groupOf(name), (await loadRole(name)).summary]),
      );
      process.stdout.write(table([["ROLE", "GROUP", "WHAT IT DOES"], ...rows]));
    });
}

/** The smallest group that a role is in. */
function groupOf(name: string): string {
  const [group] = Object.entries(groups).find(([, members]) => (members as readonly string[]).includes(name)) ?? [];
  return group ?? "-";
}
