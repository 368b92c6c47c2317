import { expect, test } from "@jest/globals";
import { describeConfig, readConfig } from "../../core/config.ts";
import { settingNames } from "./definitions.ts";
import { fixedSettingsConfig } from "./environment.ts";
import { isOn, publicSettings, settingValues } from "./values.ts";

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
