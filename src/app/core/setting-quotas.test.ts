/** Settings that hold numbers by key: one field for each, and nothing lost that has no field. */

import { expect, test } from "@jest/globals";
import type { SiteSetting } from "../../protocol/api-v2-settings.ts";
import { groupedSettings } from "./setting-groups.ts";
import { effectOf, type KnownSettings, keyText, quotaKeysOf, readQuotas, withKey } from "./setting-quotas.ts";

const setting = (name: string, value: string | null = null, meaning = ""): SiteSetting => ({
  name,
  kind: "text",
  choices: null,
  value,
  isSet: value !== null,
  default: "",
  meaning,
  readonly: false,
  isSecret: false,
  isPublic: true,
  problem: null,
});

test("each key has a field, and what has none stays", () => {
  const [mem, , , , internet] = quotaKeysOf("default_quotas") ?? [];
  if (mem === undefined || internet === undefined) throw new Error("the keys are there");
  const quotas = readQuotas('{"mem": 1000, "internet": true, "other": 7}') ?? {};
  expect([keyText(quotas, mem), keyText(quotas, internet), keyText({}, mem)]).toEqual(["1000", "yes", ""]);
  expect(JSON.parse(withKey(quotas, mem, "2000"))).toEqual({ mem: 2000, internet: true, other: 7 });
  expect(JSON.parse(withKey(quotas, internet, "no"))).toEqual({ mem: 1000, internet: false, other: 7 });
  expect(JSON.parse(withKey(quotas, mem, ""))).toEqual({ internet: true, other: 7 });
  expect(["much", "0.", "0.5"].map((typed) => JSON.parse(withKey(quotas, mem, typed)).mem)).toEqual([
    "much",
    "0.",
    0.5,
  ]);
  expect([readQuotas("[1]"), readQuotas("{"), readQuotas("")]).toEqual([undefined, undefined, {}]);
});

test("a change says what every project would have", () => {
  const settings = [setting("default_quotas", '{"mem":1000}'), setting("max_upgrades", '{"memory":3000}')];
  const onPremises = [...settings, setting("kucalc", "onprem")];
  const told = (text: string, known: KnownSettings) =>
    effectOf(known, "default_quotas", text).map(({ name, after }) => `${name}: ${after}`);
  const cluster = { memRequestAdjustment: { lim: 250 } };
  expect(told('{"mem":8000,"mem_oc":4,"internet":true}', { settings: onPremises, cluster })).toEqual([
    "Memory: 3 GB",
    "Memory set aside: 250 MB",
    "Internet: yes",
  ]);
  expect(told('{"internet":true}', { settings: onPremises, cluster: { openNetwork: true } })).toEqual([]);
  expect(told('{"mem":1000}', { settings: onPremises, cluster })).toEqual([]);
  expect(told('{"mem":8000}', { settings: [...settings, setting("kucalc", "yes")], cluster })).toEqual([]);
});

test("a change of what the site gives was told from the default where another value counted", () => {
  const slip = { ...setting("default_quotas", "{mem: 1000"), problem: "must be an object" };
  const settings = [slip, setting("max_upgrades"), setting("kucalc", "onprem")];
  expect(effectOf({ settings, cluster: {} }, "default_quotas", '{"mem":4000}')).toEqual([]);
});

test("settings are found by the words of their name and meaning, under their headings", () => {
  const settings = [
    setting("site_name", null, "Name of the site."),
    setting("email_smtp_port"),
    setting("default_quotas"),
  ];
  const headings = (search: string) => groupedSettings(settings, search).map(({ heading }) => heading);
  expect(headings("")).toEqual(["Quotas and licences", "E-mail", "Name and look"]);
  expect(headings("smtp PORT")).toEqual(["E-mail"]);
  expect(headings("of the site")).toEqual(["Name and look"]);
});
