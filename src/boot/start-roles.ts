/** Starts roles of this program by their names. */

import { loadRole } from "../../roles/index.ts";
import { type GroupName, groups, type RoleName, roleNames } from "../../roles/names.ts";
import type { Environment } from "../core/env.ts";
import { AppError } from "../core/errors.ts";
import type { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";
import { openers } from "./openers.ts";
import { type Started, serveRoles } from "./serve-roles.ts";

/** The roles that names and groups stand for, without doubles. @throws AppError `invalid` that lists the names. */
export function rolesNamed(names: readonly string[]): RoleName[] {
  const roles = names.flatMap((name): readonly RoleName[] => {
    if (isGroup(name)) return groups[name];
    if (isRole(name)) return [name];
    const known = [...roleNames, ...Object.keys(groups)].join(", ");
    throw new AppError("invalid", `There is no role "${name}". Roles and groups: ${known}`);
  });
  return [...new Set(roles)];
}

interface StartOptions {
  names: readonly RoleName[];
  env: Environment;
  log: Logger;
}

/** Loads the roles and starts them, then says ready. */
export async function startRoles(life: Life, { names, ...options }: StartOptions): Promise<Started> {
  const roles = await Promise.all(names.map(loadRole));
  return serveRoles(life, { roles, openers, ...options });
}

function isRole(name: string): name is RoleName {
  return (roleNames as readonly string[]).includes(name);
}

function isGroup(name: string): name is GroupName {
  return Object.hasOwn(groups, name);
}
