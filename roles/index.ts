/** The names of the roles, their groups, and the lazy import of each: a process loads only what it runs. */

import type { Role } from "./define-role.ts";

/** A role as the registry gives it: its own configuration type is known only to itself. */
// biome-ignore lint/suspicious/noExplicitAny: a registry of roles with different configurations; each is parsed by its own schema
export type AnyRole = Role<any>;

const load = {
  migrate: () => import("./migrate/index.ts"),
  "hub-next": () => import("./hub-next/index.ts"),
  "hub-websocket": () => import("./hub-websocket/index.ts"),
  "hub-proxy": () => import("./hub-proxy/index.ts"),
  static: () => import("./static/index.ts"),
  "manage-action": () => import("./manage-action/index.ts"),
  "manage-state": () => import("./manage-state/index.ts"),
  "manage-idle": () => import("./manage-idle/index.ts"),
  ingress: () => import("./ingress/index.ts"),
  project: () => import("./project/index.ts"),
} satisfies Record<string, () => Promise<{ default: AnyRole }>>;

export type RoleName = keyof typeof load;

export const roleNames = Object.keys(load) as RoleName[]; // exactly the keys of `load`

/** Several roles under one name. `project` is in none: it runs in a user's pod; `migrate` ends by itself. */
export const groups = {
  hub: ["hub-next", "hub-websocket", "hub-proxy", "static"],
  manage: ["manage-action", "manage-state", "manage-idle"],
  all: ["hub-next", "hub-websocket", "hub-proxy", "static", "manage-action", "manage-state", "manage-idle", "ingress"],
} as const satisfies Record<string, readonly RoleName[]>;

/** Imports one role. */
export async function loadRole(name: RoleName): Promise<AnyRole> {
  return (await load[name]()).default;
}
