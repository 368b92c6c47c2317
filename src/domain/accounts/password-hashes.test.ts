import { createHmac } from "node:crypto";
import { expect, test } from "@jest/globals";
import { hash } from "@node-rs/argon2";
import { hashPassword, isOutdated, verifyPassword } from "./password-hashes.ts";

/** A hash of the older kind. */
const legacy = (password: string) => `sha512$salt$1$${createHmac("sha512", "salt").update(password).digest("hex")}`;

test("a hash is of its password alone, differs each time, and fits its column", async () => {
  const [one, other] = await Promise.all([hashPassword("seven quiet walruses"), hashPassword("seven quiet walruses")]);
  expect(one).not.toBe(other);
  expect(one.length).toBeLessThanOrEqual(173);
  expect(isOutdated(one)).toBe(false);
  expect(await verifyPassword(one, "seven quiet walruses")).toBe(true);
  expect(await verifyPassword(one, "seven quiet walrusés")).toBe(false);
});

test("older hashes verify and are outdated; damaged and absent ones fit nothing", async () => {
  expect(await verifyPassword(legacy("secret"), "secret")).toBe(true);
  expect(await verifyPassword(legacy("secret"), "Secret")).toBe(false);
  expect(isOutdated(legacy("secret"))).toBe(true);
  for (const stored of [
    undefined,
    null,
    "",
    "sha512$salt$1$",
    "sha512$salt$999999$ab",
    "sha512",
    "$argon2id$v=19$m=19456,t=2,p=1$x$y",
    "plain",
  ]) {
    expect({ stored, fits: await verifyPassword(stored, "") }).toEqual({ stored, fits: false });
  }
});

test("too many at once are told to come back, and the others are served", async () => {
  const cheap = await hash("secret", { memoryCost: 8, timeCost: 1, parallelism: 1 });
  const tries = await Promise.allSettled(Array.from({ length: 2_000 }, () => verifyPassword(cheap, "secret")));
  const refused = tries.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  expect(refused.length).toBeGreaterThan(1_000);
  expect(refused[0]).toMatchObject({ code: "unavailable" });
  expect(
    tries.filter((each) => each.status === "fulfilled").every((each) => each.status === "fulfilled" && each.value),
  ).toBe(true);
  expect(await verifyPassword(cheap, "secret")).toBe(true);
});

test("the time of a wrong password does not tell an old account from none, nor from a new one", async () => {
  const times: Record<string, number[]> = {};
  const kinds = { current: await hashPassword("secret"), old: legacy("secret"), none: undefined };
  for (let round = 0; round < 7; round += 1) {
    for (const [what, stored] of Object.entries(kinds)) {
      const began = performance.now();
      await verifyPassword(stored, "wrong");
      times[what] = [...(times[what] ?? []), performance.now() - began];
    }
  }
  const median = (what: string) => times[what]?.toSorted((a, b) => a - b)[3] ?? Number.NaN;
  expect(median("old")).toBeGreaterThan(median("none") / 3); // a tenth of it and less, were the old hash all
  expect(median("none")).toBeGreaterThan(median("current") / 3); // next to nothing, were its hash not well formed
});
