import { expect, test } from "@jest/globals";
import { describeConfig, readConfig } from "../../core/config.ts";
import { definitionOf, type SettingName, settingNames } from "./definitions.ts";
import { fixedSettingsConfig } from "./environment.ts";
import {
  illFormedSettings,
  isOn,
  publicSettings,
  settingProblem,
  settingValues,
  unknownQuotaSettings,
} from "./values.ts";

test("absent, unknown and ill-formed values leave the default", () => {
  const values = settingValues(
    new Map([
      ["site_name", "Lab"],
      ["email_signup", "maybe"],
      ["default_quotas", "{"],
      ["nonsense", "x"],
      ["dns", null],
    ]),
  );
  expect(values.site_name).toBe("Lab");
  expect(isOn(values, "email_signup")).toBe(true);
  expect(values.default_quotas).toBe("{}");
  expect(Object.keys(values).sort()).toEqual([...settingNames].sort());
});

test("strangers see typed public settings and no private ones", () => {
  const shown = publicSettings(
    settingValues(
      new Map([
        ["default_quotas", '{"mem":2000}'],
        ["share_server", "yes"],
        ["pii_retention", "30 days"],
        ["email_smtp_password", "secret-93"],
      ]),
    ),
  );
  expect(shown).toMatchObject({ default_quotas: { mem: 2000 }, share_server: true, version_min_browser: 0 });
  expect(shown).not.toHaveProperty("pii_retention");
  expect(JSON.stringify(shown)).not.toMatch(/smtp|secret-93/);
});

test("the environment fixes settings, and an invalid one names its variable", () => {
  expect(readConfig(fixedSettingsConfig, { COCALC_SETTING_SITE_NAME: "Lab" })).toEqual({ setting_site_name: "Lab" });
  expect(() => readConfig(fixedSettingsConfig, { COCALC_SETTING_EMAIL_SIGNUP: "perhaps" })).toThrow(
    /COCALC_SETTING_EMAIL_SIGNUP: must be yes or no/,
  );
  expect(describeConfig(fixedSettingsConfig)).toHaveLength(settingNames.length);
});

test("the name of the site could be any text, and so could every other setting with a form", () => {
  const refused: [SettingName, string[]][] = [
    ["dns", ["not a host", "a@b", "lab.example/x", "ftp://lab.example", "lab.example:99999", "lab..example", "<b>"]],
    ["help_email", ["help", "a@b, c@d", "https://lab.example"]],
    ["organization_url", ["javascript:alert(1)", "lab.example", "//lab.example", "https://a b"]],
    ["logo_square", ["data:text/html,x", "logo.png"]],
    ["email_smtp_server", ["smtp://x", "smtp.lab.example:465", "a b"]],
    ["email_smtp_from", ["lab", "a@b.c, d@e.f", "a@b.c\r\nBcc: d@e.f"]],
    ["email_smtp_port", ["0", "46.5", "70000", "smtps", ""]],
    ["default_quotas", ["{", "[]", '{"mem":"lots"}', '{"mem":{}}', '{"mem":""}']],
    ["allowed_license_patches", ["{}", "[[]]", '[{"op":"test","path":""}]', '[[{"op":"test"}]]', '[]],"a":[[]']],
    ["ssh_gateway_dns", ["ssh lab", "ssh.lab.example:22"]],
  ];
  for (const [name, values] of refused)
    for (const value of values)
      expect([name, value, settingProblem(name, value)]).toEqual([name, value, expect.stringMatching(/^must be /)]);
  const taken: [SettingName, string[]][] = [
    [
      "dns",
      ["", "lab.example", " lab.example ", "lab.example:8443", "http://lab.example:8080/", "localhost", "10.0.0.1"],
    ],
    ["help_email", ["", "help@lab.example"]],
    ["organization_url", ["", "https://lab.example/a?b#c", "/about", "mailto:lab@example.org"]],
    ["email_smtp_server", ["", "smtp.lab.example", "10.0.0.1", "::1"]],
    ["email_smtp_from", ["", "a@b.c", "The Lab <a@b.c>", '"The, Lab" <a@b.c>']],
    ["email_smtp_port", ["25", "65535"]],
    ["default_quotas", ["", "{}", '{"mem":1000,"cpu":"1.5","member":true}']],
    ["allowed_license_patches", ["", "[]", '[[{"op":"remove","path":"/spec/volumes"}]]']],
  ];
  for (const [name, values] of taken)
    for (const value of values) expect([name, value, settingProblem(name, value)]).toEqual([name, value, undefined]);
  for (const name of settingNames)
    expect([name, settingProblem(name, definitionOf(name).default)]).toEqual([name, undefined]);
});

test("a slip in the site's quotas where they count for nothing had pages say that nobody knows what a start gives", () => {
  const unknown = (kucalc: string) => {
    const rows = new Map([
      ["kucalc", kucalc],
      ["default_quotas", "{"],
    ]);
    return unknownQuotaSettings({ values: settingValues(rows), illFormed: illFormedSettings(rows) });
  };
  expect(unknown("onprem")).toEqual(["default_quotas"]);
  expect(unknown("no")).toEqual([]);
});

test("blanks around a value with a form count for nothing", () => {
  const values = settingValues(
    new Map([
      ["dns", " lab.example\n"],
      ["email_signup", "no "],
      ["site_name", "Lab "],
    ]),
  );
  expect(values).toMatchObject({ dns: "lab.example", site_name: "Lab " });
  expect(isOn(values, "email_signup")).toBe(false);
});
