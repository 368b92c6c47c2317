/** Forms of licences: what is typed is what the licence gives, and what nobody touched stays. */

import { expect, test } from "@jest/globals";
import {
  changeOfForm,
  changeProblems,
  emptyForm,
  formOf,
  formProblems,
  licenseOfForm,
  quotaOfForm,
} from "./license-form.ts";
import { endingSoon, forceOf, givesWords, kindWords, termWords, usedWords } from "./license-view.ts";
import { usagePicture, usageSentence } from "./usage-picture.ts";

const NOW = Date.parse("2030-01-02T03:04:05.678Z");
const KNOWN = {
  title: "Class",
  description: "",
  activates: "2030-01-02T03:04:05.678Z",
  expires: null,
  managers: [{ account_id: "aaaaaaaa-0000-4000-8000-000000000000", email_address: "ada@example.org" }],
  restricted: false,
  upgrades: null,
  quota: { ram: 4, cpu: 2, user: "academic", gpu: { num: 2, nodeLabel: "gpu=yes", resource: "amd.com/gpu" } },
  run_limit: 50,
  apply_limit: null,
};

test("what is typed becomes a licence, and empty fields give nothing", () => {
  const form = {
    ...emptyForm(NOW),
    title: " Class ",
    ram: "2.5",
    cpu: "0",
    member: true,
    managers: "a@b.org,\n c@d.org",
  };
  expect(licenseOfForm(form)).toMatchObject({
    title: "Class",
    expires: null,
    managers: ["a@b.org", "c@d.org"],
    run_limit: null,
    quota: { ram: 2.5, member: true },
  });
  expect(Object.keys(licenseOfForm(form).quota ?? {})).toEqual(["ram", "member"]);
  expect(Date.parse(licenseOfForm(form).activates ?? "")).toBeLessThanOrEqual(NOW); // in force at once
});

test("of a licence that is changed only what is another now is sent, and what the form does not have stays", () => {
  const form = formOf(KNOWN);
  expect(changeOfForm(form, KNOWN)).toEqual({});
  expect(changeOfForm({ ...form, run_limit: "60" }, KNOWN)).toEqual({ run_limit: 60 });
  expect(changeOfForm({ ...form, ram: "8" }, KNOWN)).toEqual({ quota: { ...KNOWN.quota, ram: 8 } });
  expect(quotaOfForm({ ...form, gpus: "" }, KNOWN.quota)).toEqual({ ram: 4, cpu: 2, user: "academic" });
});

test("a licence with what is for few is restricted, and stays so when that is taken out", () => {
  const form = { ...emptyForm(NOW), title: "Lab", pool: "big" };
  expect(licenseOfForm(form)).toMatchObject({ restricted: true, quota: { pool: "big" } });
  const known = { ...KNOWN, restricted: true };
  expect(changeOfForm({ ...formOf(known), gpus: "" }, known)).toEqual({ quota: { ram: 4, cpu: 2, user: "academic" } });
});

test("a time until it stops says whether it is for members, which it else would imply", () => {
  expect(quotaOfForm({ ...emptyForm(NOW), idle_timeout: "short" }, {})).toEqual({
    idle_timeout: "short",
    member: false,
  });
});

test("another amount took a licence from members that was for them by its time until it stops", () => {
  const known = { ...KNOWN, quota: { ram: 4, idle_timeout: "day" as const } };
  const form = formOf(known);
  expect(form.member).toBe(true);
  expect(changeOfForm({ ...form, ram: "8" }, known)).toEqual({ quota: { ram: 8, idle_timeout: "day", member: true } });
});

test("what stood in a licence by SQL kept everything else in it from being changed", () => {
  const quota = { ram: 4, idle_timeout: "day" as const, member: false, patch: "{", pool: "a b" };
  const known = { ...KNOWN, expires: "2020-01-01T00:00:00.000Z", quota };
  const form = { ...formOf(known), ram: "8" };
  expect(changeProblems(form, known)).toEqual({});
  expect(Object.keys(changeProblems({ ...form, patch: "[", ram: "x" }, known)).sort()).toEqual(["patch", "ram"]);
  const forMembers = { ...known, quota: { ...quota, member: true } };
  expect(changeProblems({ ...formOf(forMembers), member: false }, forMembers)).toHaveProperty("idle_timeout");
});

test("a moment that somebody wrote with SQL is shown, however long ago it was", () => {
  const form = formOf({ ...KNOWN, expires: "0001-01-02T00:00:00.000Z" });
  expect(form.expires).toMatch(/^0001-01-0/);
  expect(changeOfForm({ ...form, title: "Other" }, { ...KNOWN, expires: "0001-01-02T00:00:00.000Z" })).toEqual({
    title: "Other",
  });
});

test("what cannot be sent is said at its field", () => {
  const form = {
    ...emptyForm(NOW),
    ram: "x",
    run_limit: "1.5",
    idle_timeout: "day",
    expires: "2000-01-01T00:00",
    patch: "{",
  };
  expect(Object.keys(formProblems(form)).sort()).toEqual(["expires", "idle_timeout", "patch", "ram", "run_limit"]);
  expect(formProblems(emptyForm(NOW))).toEqual({});
});

test("a licence in words: what it gives, until when, and how many places are taken", () => {
  expect(
    givesWords({ quota: { ram: 4, dedicated_ram: 2, cpu: 1, idle_timeout: "day", member: true }, upgrades: null }),
  ).toEqual(["6 GB of memory", "2 GB of memory set aside", "1 core", "internet"]);
  expect(kindWords({ quota: { idle_timeout: "day" }, upgrades: null })).toBe("for members, a day");
  expect(kindWords({ quota: { ram: 1, always_running: true }, upgrades: null })).toBe("kept running");
  expect(givesWords({ quota: { dedicated_vm: { machine: "n2-standard-2" } }, upgrades: null })).toEqual([
    "6 GB of memory",
    "2 cores",
    "internet",
  ]);
  expect(givesWords({ quota: null, upgrades: { memory: 3000, network: 1, odd_thing: 1, cores: 0 } })).toEqual([
    "3 GB of memory more",
    "internet",
  ]);
  const term = { activates: "2030-01-01T00:00:00.000Z", expires: null };
  expect(termWords(term, NOW)).toBe("In force, without an end.");
  expect(termWords({ activates: null, expires: null }, NOW)).toBe("Not put into force yet.");
  expect(forceOf({ ...term, expires: "2030-01-02T00:00:00.000Z" }, NOW)).toBe("ended");
  expect(forceOf({ ...term, activates: "2031-01-01T00:00:00.000Z" }, NOW)).toBe("later");
  expect(usedWords({ running: 1, run_limit: 50 })).toBe("1 of 50 projects run with it");
  expect(usedWords({ running: 1, run_limit: null })).toBe("1 project runs with it; there is no limit");
});

test("what ends within a day is told, the soonest first", () => {
  const ending = (hours: number | null) => ({
    expires: hours === null ? null : new Date(NOW + hours * 3_600_000).toISOString(),
  });
  expect(endingSoon([ending(null), ending(23), ending(-1), ending(2), ending(25)], NOW)).toEqual([
    ending(2),
    ending(23),
  ]);
});

test("the picture of a licence's use holds points and limit, and its sentence the busiest moment", () => {
  const points = [1, 40, 10].map((running, hour) => ({ time: `2030-01-01T0${hour}:00:00.000Z`, running }));
  expect(usagePicture({ run_limit: 50, spanSeconds: 3_600, points }, 300, 100)).toEqual({
    area: "M0 100V98H100V20H200V80H300V100Z",
    limitY: 0,
    top: 50,
  });
  expect(usageSentence({ run_limit: 50, spanSeconds: 3_600, points })).toMatch(
    /^At most 40 of 50 at once, in the 1 h from .*: 10 left\.$/,
  );
  expect(usageSentence({ run_limit: 40, spanSeconds: 3_600, points })).toMatch(/none left\.$/);
  expect(usageSentence({ run_limit: null, spanSeconds: 3_600, points: [] })).toBe(
    "No project ran with it in this time.",
  );
});
