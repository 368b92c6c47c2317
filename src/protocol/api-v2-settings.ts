/** `/api/v2/admin/settings/…`: the settings of the site, as administrators see and set them. */

import { z } from "zod";
import { done, type Endpoints } from "./api-v2.ts";
import { clusterQuotas } from "./quota-inputs.ts";

/** What the text of a setting has to be. `site`: where the site is, by name or as an origin; `sender`: an e-mail address, with a name or without; `quotas`: numbers by key, as JSON; `patches`: JSON patches of pods (RFC 6902). */
export const settingKind = z.enum([
  "text",
  "flag",
  "number",
  "port",
  "choice",
  "quotas",
  "patches",
  "host",
  "site",
  "email",
  "sender",
  "address",
]);
export type SettingKind = z.infer<typeof settingKind>;

const siteSetting = z.object({
  name: z.string(),
  kind: settingKind,
  choices: z.array(z.string()).nullable(),
  /** What is set, as it stands in the table; null: nothing, or a secret. */
  value: z.string().nullable(),
  isSet: z.boolean(),
  default: z.string(),
  meaning: z.string(),
  /** Fixed by the environment, as COCALC_SETTING_<NAME>. */
  readonly: z.boolean(),
  /** A password, which is never shown. */
  isSecret: z.boolean(),
  /** Does anybody see it in `customize`? */
  isPublic: z.boolean(),
  /** What is wrong with the value, so that the default counts; null: nothing. */
  problem: z.string().nullable(),
});
export type SiteSetting = z.infer<typeof siteSetting>;

export const settingEndpoints = {
  "admin/settings/list": {
    access: "admin",
    summary: "Every setting of the site with its kind, default and meaning, and what is set; passwords are not told.",
    input: z.object({}),
    output: z.object({ settings: z.array(siteSetting), cluster: clusterQuotas }),
  },
  "admin/settings/set": {
    access: "admin",
    keys: "none",
    confirmed: true,
    summary:
      "Sets a setting of the site, or by null lets it go back to its default; every process has it within a second.",
    input: z.object({ name: z.string().max(100), value: z.string().max(100_000).nullable() }),
    output: done.extend({
      /** The password that was forgotten by it, to be set again: it would have gone to another server, or for another login. */
      forgotten: z.string().nullable(),
    }),
  },
} as const satisfies Endpoints;
