import { expect, test } from "@jest/globals";
import { settingValues } from "../settings/values.ts";
import { mailState, siteAddress } from "./mail-state.ts";

const working = {
  email_enabled: "yes",
  email_backend: "smtp",
  email_smtp_server: "smtp.example.org",
  email_smtp_login: "hubs@example.org",
  site_name: "The Lab",
};
const site = { origin: "https://lab.example", basePath: "/x" };

const stateOf = (changed: Record<string, string> = {}, at: typeof site | { basePath: string } = site) =>
  mailState(settingValues(new Map(Object.entries({ ...working, ...changed }))), at, "other");

test("what is missing is named, and off is not wrong", () => {
  expect(stateOf()).toMatchObject({ is: "on", address: "https://lab.example/x", server: { port: 465, secure: true } });
  for (const off of [{ email_enabled: "no" }, { email_backend: "none" }]) expect(stateOf(off)).toEqual({ is: "off" });
  const wrongs = [
    [{ email_smtp_server: "" }, "email_smtp_server"],
    [{ email_smtp_server: "smtp://x" }, "email_smtp_server"],
    [{ email_smtp_login: "hubs" }, "email_smtp_from"],
    [{ email_smtp_login: "hubs", email_smtp_from: "a@b.c, d@e.f" }, "email_smtp_from"],
    [{ email_smtp_login: "hubs", email_smtp_from: "a@b.c\r\nBcc: d@e.f" }, "email_smtp_from"],
  ] as const;
  for (const [changed, named] of wrongs)
    expect({ changed, state: stateOf(changed) }).toMatchObject({
      changed,
      state: { is: "wrong", fix: expect.stringContaining(named) },
    });
  expect(stateOf({}, { basePath: "" })).toMatchObject({ is: "wrong", fix: expect.stringContaining("COCALC_ORIGIN") });
});

test("the sender has a name: its own, or the site's", () => {
  const from = (text: string) => Reflect.get(Object(Reflect.get(stateOf({ email_smtp_from: text }), "server")), "from");
  expect(from("noreply@example.org")).toEqual({ name: "The Lab", address: "noreply@example.org" });
  expect(from('"Mail" <noreply@example.org>')).toEqual({ name: "Mail", address: "noreply@example.org" });
  expect(from("")).toEqual({ name: "The Lab", address: "hubs@example.org" });
});

test("the address of the site is the configured one, or made of the setting dns", () => {
  const by = (dns: string, origin?: string) =>
    siteAddress(settingValues(new Map([["dns", dns]])), { origin, basePath: "" });
  expect(by("lab.example")).toBe("https://lab.example");
  expect(by("http://lab.example:8080/")).toBe("http://lab.example:8080");
  expect(by("lab.example", "https://other.example")).toBe("https://other.example");
  for (const nothing of ["", " ", "not a host"]) expect(by(nothing)).toBeUndefined();
});
