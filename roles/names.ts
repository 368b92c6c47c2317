/** The names of the roles and their groups; importing this loads none of them. */

export const roleNames = [
  "migrate",
  "hub-next",
  "hub-websocket",
  "hub-proxy",
  "static",
  "manage-action",
  "manage-state",
  "manage-idle",
  "ingress",
  "project",
] as const;

export type RoleName = (typeof roleNames)[number];

/** Several roles under one name. `project` is in none: it runs in a user's pod; `migrate` ends by itself. */
export const groups = {
  hub: ["hub-next", "hub-websocket", "hub-proxy", "static"],
  manage: ["manage-action", "manage-state", "manage-idle"],
  all: ["hub-next", "hub-websocket", "hub-proxy", "static", "manage-action", "manage-state", "manage-idle", "ingress"],
} as const satisfies Record<string, readonly RoleName[]>;

export type GroupName = keyof typeof groups;
