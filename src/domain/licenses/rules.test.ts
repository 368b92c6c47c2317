import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { projectLicense } from "../../protocol/licenses.ts";
import { MOST_LICENSES } from "../quotas/counted-rules.ts";
import { runQuota } from "../quotas/rules.ts";
import type { LicenseRow } from "./license-row-rules.ts";
import { licenseHook } from "./rules.ts";
import { turnLicense } from "./turn-rules.ts";

const inputs = { defaultQuotas: {}, maxUpgrades: {}, settings: {}, upgrades: [] };
const idOf = (index: number) => `${String(index).padStart(8, "0")}-0000-4000-8000-000000000001`;

/** Licences in force without a run limit unless they say otherwise. */
function hook(licenses: Partial<LicenseRow>[], { taken = [] }: { taken?: number[] } = {}) {
  const rows = licenses.map((license, index): LicenseRow => {
    const always = { title: null, quota: null, upgrades: null, activates: "2020-01-01T00:00:00", expires: null };
    return { ...always, run_limit: null, ...license, id: idOf(index) };
  });
  const found = licenseHook({
    inputs,
    ids: rows.map(({ id }) => id),
    licenses: rows,
    nowMs: Date.parse("2030-01-01T00:00:00Z"),
    hasSeat: (id) => !taken.includes(rows.findIndex((row) => row.id === id)),
  });
  const values = rows.map(({ id }) => found.values[id]);
  return { ...found, values, states: values.map((value) => value?.status), turn: turnLicense(found.values) };
}

const regular = { ram: 2, cpu: 1 };
const member = { member: true, idle_timeout: "medium" };

test("what a licence gives a project stands in its value, without zeros", () => {
  const one = hook([{ quota: { ...regular, dedicated_ram: 0, disk: "5", member: false, unknown: 1 } }]);
  expect(one.values).toEqual([{ quota: { ram: 2, cpu: 1, disk: 5, member: false }, status: "active" }]);
  expect(one).toMatchObject({ seats: [idOf(0)], quota: { memory_limit: 2_000, network: true } });
  const older = hook([{ upgrades: { memory: "500", cores: 0, network: 1, junk: 9 } }]);
  expect(older.values).toEqual([{ memory: 500, network: 1, status: "active" }]);
  expect(older.quota.memory_limit).toBe(1_500);
});

test.each([
  ["is none", "{}"],
  ["holds a NUL", '[{"op":"add","path":"/spec/hostname","value":"\\u0000"}]'],
  ["holds half of a character", '[{"op":"add","path":"/spec/hostname","value":"\\ud83d"}]'],
  ["is nested without end", `[{"op":"add","path":"/spec","value":${"[".repeat(5_000)}${"]".repeat(5_000)}}]`],
])("a licence whose patch %s gives the rest of what it has, and says so", (_what, patch) => {
  const { quota, values } = hook([{ quota: { ...regular, patch } }, { quota: { ...regular, ram: 0, cpu: 0, patch } }]);
  expect(quota).toMatchObject({ memory_limit: 2_000 });
  expect(quota).not.toHaveProperty("patch");
  expect(values).toMatchObject([
    { status: "active", reason: expect.stringMatching(/^Its patch is not used; it must /) },
    { status: "ineffective", reason: expect.stringMatching(/^Its patch is not used; it must /) },
  ]);
});

test("a licence of which nothing can be read gave a project the internet, though its page said that it gives nothing", () => {
  const { quota, values, seats } = hook([{ quota: { ram: "lots", unknown: 1 } }]);
  expect(quota.network).toBe(false);
  expect(values).toMatchObject([{ status: "ineffective" }]);
  expect(seats).toEqual([]);
});

test("things that are nested without end are not given", () => {
  let deep: object = {};
  for (let depth = 0; depth < 5_000; depth += 1) deep = { deep };
  const { quota } = hook([{ quota: { ...regular, dedicated_disk: deep, gpu: { num: 1, deep } } }]);
  expect(quota).toMatchObject({ memory_limit: 2_000, dedicated_disks: [], gpu: false });
});

test("a licence that is not in force says why, and takes no seat", () => {
  const { states, seats, values, quota } = hook(
    [
      { quota: regular, expires: "2029-12-31T23:59:59.999" },
      { quota: regular, activates: "2030-01-01T00:00:00.001" },
      { quota: regular, activates: null },
      { quota: regular, run_limit: 1 },
      { quota: "rubbish", upgrades: 7 },
    ],
    { taken: [3] },
  );
  expect(states).toEqual(["expired", "future", "future", "exhausted", "ineffective"]);
  expect(values.map((value) => value?.reason)).toEqual([
    "The licence ended on 2029-12-31 at 23:59 UTC.",
    "The licence begins on 2030-01-01 at 00:00 UTC.",
    "The licence has not been put into force.",
    "The licence's only place is taken by other projects; this one was started without it.",
    "The licence says nothing that a project could be given.",
  ]);
  expect({ seats, quota }).toEqual({ seats: [], quota: runQuota({ ...inputs, licenses: [] }) });
});

test("a licence without a row is told as expired", () => {
  const { values, seats } = licenseHook({ inputs, ids: [idOf(1)], licenses: [], nowMs: 0, hasSeat: () => true });
  expect(values).toEqual({ [idOf(1)]: { status: "expired", reason: "There is no such licence any more." } });
  expect(seats).toEqual([]);
});

test("only licences with a run limit are asked for a seat, and those not in force are not", () => {
  const asked: string[] = [];
  const row = { title: null, upgrades: null, quota: regular, activates: "2020-01-01T00:00:00", expires: null };
  licenseHook({
    inputs,
    ids: [idOf(0), idOf(1), idOf(2)],
    licenses: [
      { ...row, id: idOf(0), run_limit: null },
      { ...row, id: idOf(1), run_limit: 3 },
      { ...row, id: idOf(2), run_limit: 3, expires: "1970-01-01T00:00:00" },
    ],
    nowMs: Date.parse("2030-01-01T00:00:00Z"),
    hasSeat: (id) => asked.push(id) > 0,
  });
  expect(asked).toEqual([idOf(1)]);
});

test("of several that would do, the first is used", () => {
  const many = hook([{ quota: { ram: 12 } }, { quota: { ram: 12 } }, { quota: { ram: 12 } }]);
  expect(many.states).toEqual(["active", "active", "ineffective"]);
  expect(many.values[2]?.reason).toMatch(/the most that the site allows/);
  expect(many.seats).toEqual([idOf(0), idOf(1)]);
});

test("licences that only together exceed what a project has anyway are both used", () => {
  const [network, small] = [{ network: 1 }, { ram: 0.6, cpu: 0.1 }];
  const both = hook([{ quota: small }, { quota: small }, { upgrades: network }]);
  expect(both.quota.memory_limit).toBe(1_200);
  expect(both.states).toEqual(["active", "active", "ineffective"]);
});

test("of two ways of hosting the better wins, also where it gives less", () => {
  const { states, values, quota } = hook([
    { quota: { ram: 16, cpu: 3 } },
    { quota: { ram: 2, ...member } },
    { quota: { ram: 1, boost: true } },
    { quota: { ram: 1, boost: true, ...member } },
  ]);
  expect(states).toEqual(["ineffective", "active", "ineffective", "active"]);
  expect(quota.memory_limit).toBe(3_000);
  expect(values[0]?.reason).toMatch(/of another kind .* do not add up/);
  expect(hook([{ quota: { ram: 1, boost: true } }]).values[0]?.reason).toMatch(/^A boost adds to/);
});

test("an exhausted licence decides about nothing: the next way of hosting wins", () => {
  const licenses = [{ quota: { ram: 4 } }, { quota: { ram: 2, ...member }, run_limit: 5 }];
  expect(hook(licenses, { taken: [1] })).toMatchObject({
    states: ["active", "exhausted"],
    quota: { memory_limit: 4_000 },
  });
});

test("of another way of hosting, what does not depend on it counts", () => {
  expect(hook([{ quota: { gpu: true } }, { quota: { ram: 2, ...member } }])).toMatchObject({
    states: ["active", "active"],
    quota: { gpu: { num: 1 } },
  });
});

test("beside a dedicated machine only disks have an effect", () => {
  const { states, values, turn } = hook([
    { quota: regular },
    { quota: { dedicated_vm: { machine: "n2-standard-2" } } },
    { quota: { dedicated_vm: { machine: "n2-standard-4" } } },
    { quota: { dedicated_disk: { size_gb: 10 } } },
    { quota: { dedicated_vm: { machine: "a-moon" }, ram: 9 } },
  ]);
  expect(states).toEqual(["ineffective", "ineffective", "active", "active", "ineffective"]);
  expect(values[0]?.reason).toMatch(/dedicated machine/);
  expect(turn).toBe(idOf(2));
});

test(`no more than ${MOST_LICENSES} licences are used`, () => {
  const { states, values } = hook(Array.from({ length: MOST_LICENSES + 5 }, () => ({ upgrades: { memory: 10 } })));
  expect(states.filter((state) => state === "active")).toHaveLength(MOST_LICENSES);
  expect(values.at(-1)?.reason).toBe(`A project can use at most ${MOST_LICENSES} licences.`);
});

test("ended licences, and those that give nothing, kept one that comes after many of them from counting", () => {
  const ended = Array.from({ length: MOST_LICENSES }, () => ({ quota: regular, expires: "2029-01-01T00:00:00" }));
  const others = [{ quota: {} }, { quota: regular, run_limit: 1 }, { quota: regular }];
  const { states, quota } = hook([...ended, ...others], { taken: [MOST_LICENSES + 1] });
  expect(states.slice(MOST_LICENSES)).toEqual(["ineffective", "exhausted", "active"]);
  expect(quota.memory_limit).toBe(2_000);
});

test("a start counts as the turn of the active licence that gives most", () => {
  const of = (...licenses: Partial<LicenseRow>[]) => hook(licenses).turn;
  expect(of()).toBeNull();
  expect(of({ quota: { dedicated_disk: { size_gb: 1 } } })).toBeNull();
  expect(of({ quota: { ram: 2, cpu: 1 } }, { quota: { ram: 3 } }, { quota: { ram: 9, boost: true } })).toBe(idOf(1));
  expect(of({ upgrades: { memory: 1_500 } }, { upgrades: { memory: 1_500, cores: 1 } })).toBe(idOf(1));
  expect(of({ quota: { ram: 2 } }, { quota: { ram: 2 } })).toBe(idOf(0));
});

const quotas = fc.record(
  {
    ram: fc.integer({ min: 0, max: 20 }).map((ram) => ram / 2),
    cpu: fc.integer({ min: 0, max: 4 }),
    member: fc.boolean(),
    idle_timeout: fc.constantFrom("short", "medium", "day"),
    boost: fc.boolean(),
    gpu: fc.boolean(),
    ext_rw: fc.boolean(),
    dedicated_disk: fc.constantFrom(false, { size_gb: 1 }),
    dedicated_vm: fc.constantFrom(false, false, false, { machine: "n2-standard-2" }),
  },
  { requiredKeys: [] },
);
const row = fc.oneof(
  fc.record({ quota: quotas, run_limit: fc.constantFrom(null, 1) }),
  fc.record({ upgrades: fc.record({ memory: fc.nat(9_000) }) }),
);

test("the active licences alone make the quota that all make, and none of them could be left out", () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 6 }), fc.array(fc.nat(5)), (licenses, taken) => {
      const { quota, states, values } = hook(licenses, { taken });
      const inForce = licenses.flatMap((one, index) =>
        ["active", "ineffective"].includes(states[index] ?? "") ? [{ ...one, id: idOf(index) }] : [],
      );
      const active = inForce.filter(({ id }) => states[Number(id.slice(0, 8))] === "active");
      expect(runQuota({ ...inputs, licenses: inForce })).toEqual(quota);
      expect(runQuota({ ...inputs, licenses: active })).toEqual(quota);
      for (const one of active) {
        const others = active.filter((other) => other !== one);
        expect(runQuota({ ...inputs, licenses: others })).not.toEqual(quota);
      }
      for (const value of values) expect(projectLicense.parse(value)).toEqual(value);
    }),
  );
});
