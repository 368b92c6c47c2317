/** What a project's own row says of its quota, besides its licences. Pure. */

import { objectOf } from "../../core/object.ts";
import type { QuotaInputs } from "../../protocol/quota-inputs.ts";

/** Columns of `projects`, which may hold anything. */
interface ProjectColumns {
  settings: unknown;
  users: unknown;
}

/** What an administrator granted, and `upgrades` of each member who gives some. */
export function inputsOfProject({ settings, users }: ProjectColumns): Pick<QuotaInputs, "settings" | "upgrades"> {
  const members = Object.values(objectOf(users) ?? {});
  return {
    settings: objectOf(settings) ?? {},
    upgrades: members.flatMap((member) => {
      const upgrades = objectOf(objectOf(member)?.upgrades);
      return upgrades === undefined ? [] : [upgrades];
    }),
  };
}
