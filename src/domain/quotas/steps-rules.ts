/** How the amounts of a quota come about, step by step: so that what comes of them and who gave what are told by the same rules. Pure. */

import type { QuotaInputs } from "../../protocol/quota-inputs.ts";
import { type CountedLicenses, countedLicenses } from "./counted-rules.ts";
import type { ReadLicense } from "./license-rules.ts";
import { greater, lesser, NONE, type Numbers, named, rest, sum } from "./numbers-rules.ts";
import { SETTINGS_KEYS, type Site, siteOf } from "./site-rules.ts";

export interface Steps {
  site: Site;
  counted: CountedLicenses;
  /** What the administrator set for the project; it may be beyond the site's limits. */
  administrator: Numbers;
  /** What each member gives, in the order of the members. */
  members: Numbers[];
  /** What members and licences of the old style add, within the room that the site leaves. */
  added: Numbers;
  /** What the licences of the group that won give together, within the site's limits. */
  licensed: Numbers;
  /** What the project may use; requests still lack what follows from the limits. */
  total: Numbers;
}

/** The steps that lead to the amounts of a quota. */
export function stepsOf(inputs: Omit<QuotaInputs, "licenses">, licenses: readonly ReadLicense[]): Steps {
  const site = siteOf(inputs);
  const counted = countedLicenses(licenses);
  const administrator = { ...NONE, ...named(inputs.settings, SETTINGS_KEYS) };
  const members = inputs.upgrades.map((given) => ({ ...NONE, ...named(given, SETTINGS_KEYS) }));
  const older = counted.upgrades.map(({ numbers }) => ({ ...NONE, ...numbers }));
  const added = lesser([...members, ...older].reduce(sum, NONE), rest(site.most, site.base));
  const licensed = lesser(together(counted.group), site.most);
  const total = greater(sum(greater(site.base, administrator), added), licensed);
  return { site, counted, administrator, members, added, licensed, total };
}

/** Amounts add up; the timeout is the group's. */
function together(group: CountedLicenses["group"]): Numbers {
  const all = group.map(({ numbers }) => numbers).reduce<Numbers>(sum, NONE);
  return { ...all, idle_timeout: group[0]?.numbers.idle_timeout ?? 0 };
}
