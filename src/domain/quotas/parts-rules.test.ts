import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { QuotaInputs } from "../../protocol/quota-inputs.ts";
import { quotaParts } from "./parts-rules.ts";
import { runQuota } from "./rules.ts";

const nothing: QuotaInputs = { defaultQuotas: {}, maxUpgrades: {}, settings: {}, upgrades: [], licenses: [] };
const S = { internet: true, idle_timeout: 3600, mem: 1000, cpu: 1, cpu_oc: 10, mem_oc: 5 };

test("each giver is named with what it gives and what of it counts", () => {
  const { memory_limit, memory_request, network } = quotaParts({
    ...nothing,
    defaultQuotas: S,
    settings: { memory: 1500 },
    upgrades: [{ memory: 500 }, {}],
    licenses: [
      { id: "a", quota: { ram: 1 } },
      { id: "b", quota: { ram: 3 } },
      { id: "c", upgrades: { memory: 250 } },
    ],
  });
  expect(memory_limit).toEqual([
    { from: "site", value: 1_000, share: 1_000 },
    { from: "administrator", value: 1_500, share: 500 },
    { from: "member", id: "0", value: 500, share: 500 },
    { from: "licence", id: "c", value: 250, share: 250 },
    { from: "licence", id: "a", value: 1_000, share: 0 },
    { from: "licence", id: "b", value: 3_000, share: 1_750 },
  ]);
  expect(memory_request).toEqual([
    { from: "site", value: 200, share: 200 },
    { from: "ratio", value: 800, share: 600 },
  ]);
  expect(network[0]).toEqual({ from: "site", value: 1, share: 1 });
});

test("what the site cuts off, and the least that a project needs, are named", () => {
  const { memory_limit, memory_request } = quotaParts({
    ...nothing,
    maxUpgrades: { memory: 2000, memory_request: 100 },
    licenses: [{ id: "a", quota: { ram: 8, dedicated_ram: 1 } }],
  });
  expect(memory_limit).toEqual([
    { from: "site", value: 1_000, share: 1_000 },
    { from: "licence", id: "a", value: 9_000, share: 1_000 },
    { from: "limit", value: 2_000, share: 0 },
  ]);
  expect(memory_request.map(({ from, share }) => [from, share])).toEqual([
    ["licence", 100],
    ["limit", 0],
  ]);
  expect(quotaParts(nothing).memory_request).toEqual([{ from: "minimum", value: 200, share: 200 }]);
});

test("who must have no network has it taken by a limit", () => {
  const { network } = quotaParts({ ...nothing, defaultQuotas: S, settings: { disableInternet: true } });
  expect(network).toEqual([
    { from: "site", value: 1, share: 1 },
    { from: "limit", value: 0, share: -1 },
  ]);
});

test("all shares together are the quota", () => {
  const number = fc.integer({ min: 0, max: 30_000 });
  const settings = fc.record(
    {
      memory: number,
      memory_request: number,
      cores: fc.nat(9),
      cpu_shares: number,
      network: fc.nat(1),
      mintime: number,
    },
    { requiredKeys: [] },
  );
  const quota = fc.record(
    {
      ram: fc.nat(20),
      dedicated_ram: fc.nat(9),
      cpu: fc.nat(4),
      member: fc.boolean(),
      dedicated_vm: fc.constantFrom(false, false, { machine: "n2-standard-2" }),
    },
    { requiredKeys: [] },
  );
  const ratio = fc.integer({ min: 1, max: 90 });
  const inputs = fc.record({
    defaultQuotas: fc.record(
      { mem_oc: ratio, cpu_oc: ratio, mem: number, internet: fc.boolean() },
      { requiredKeys: [] },
    ),
    maxUpgrades: settings,
    settings,
    upgrades: fc.array(settings, { maxLength: 2 }),
    licenses: fc.uniqueArray(
      fc.oneof(fc.record({ id: fc.uuid(), quota }), fc.record({ id: fc.uuid(), upgrades: settings })),
      {
        maxLength: 4,
        selector: ({ id }) => id,
      },
    ),
    memRequestAdjustment: fc.record({ lim: number, pct: fc.nat(100) }),
    openNetwork: fc.boolean(),
  });
  fc.assert(
    fc.property(inputs, (one) => {
      const result = runQuota(one);
      for (const [key, parts] of Object.entries(quotaParts(one))) {
        const share = parts.reduce((total, part) => total + part.share, 0);
        expect({ key, share }).toEqual({ key, share: expect.closeTo(Number(result[key as keyof typeof result]), 6) });
        for (const part of parts) expect(part.from === "limit" || part.share >= -1).toBe(true);
      }
    }),
  );
});
