/** The lazy import of each role: a process loads only what it runs. */

import type { Role } from "./define-role.ts";
import type { RoleName } from "./names.ts";

/** A role as the registry gives it: its own configuration type is known only to itself. */
// biome-ignore lint/suspicious/noExplicitAny: roles with different configurations stand in one table; each is parsed by its own schema
export type AnyRole = Role<any>;

const load: Record<RoleName, () => Promise<{ default: AnyRole }>> = {
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
};

/** Imports one role. */
export async function loadRole(name: RoleName): Promise<AnyRole> {
  return (await load[name]()).default;
}
