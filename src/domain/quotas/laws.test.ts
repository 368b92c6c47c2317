import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { LicenseQuota } from "../../protocol/licenses.ts";
import type { LicenseForQuota, QuotaInputs } from "../../protocol/quota-inputs.ts";
import { runQuota as schema } from "../../protocol/quotas.ts";
import { runQuota } from "./rules.ts";

const AMOUNTS = ["memory_limit", "memory_request", "cpu_limit", "cpu_request", "disk_quota", "idle_timeout"] as const;
const FLAGS = ["network", "member_host", "always_running", "privileged"] as const;

const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const amount = fc.integer({ min: 0, max: 40_000 });
const few = fc.integer({ min: 0, max: 20 });
const share = fc.integer({ min: 0, max: 100 }).map((value) => value / 10);
const flag = fc.constantFrom(0, 1);

/** Leaves out what is undefined, as a row does. */
const row = <T extends object>(fields: { [Key in keyof T]: fc.Arbitrary<T[Key]> }) =>
  fc.record(fields).map((value) => Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)));

const settings = row({
  memory: some(amount),
  memory_request: some(amount),
  cores: some(few),
  cpu_shares: some(amount),
  disk_quota: some(amount),
  mintime: some(amount),
  network: some(flag),
  member_host: some(flag),
  always_running: some(flag),
});
const defaultQuotas = row({
  internet: some(fc.boolean()),
  idle_timeout: some(amount),
  mem: some(amount),
  cpu: some(share),
  disk_quota: some(amount),
  cpu_oc: some(share),
  mem_oc: some(share),
});
const hosting = fc.record({
  always_running: fc.boolean(),
  member: fc.boolean(),
  idle_timeout: fc.constantFrom("short", "medium", "day"),
});
const amounts = row({
  ram: some(few),
  dedicated_ram: some(few),
  cpu: some(few),
  dedicated_cpu: some(few),
  disk: some(few),
});
const anyQuota = fc
  .tuple(amounts, hosting, row({ boost: some(fc.boolean()), ext_rw: some(fc.boolean()), gpu: some(fc.boolean()) }))
  .map((parts): LicenseQuota => Object.assign({}, ...parts));
const license: fc.Arbitrary<LicenseForQuota> = fc.oneof(
  fc.record({ id: fc.uuid(), quota: anyQuota }),
  fc.record({ id: fc.uuid(), upgrades: settings }),
  fc.record({ id: fc.uuid(), quota: fc.constant({ dedicated_vm: { machine: "n2-highmem-2" } }) }),
);
const inputs: fc.Arbitrary<QuotaInputs> = fc.record({
  defaultQuotas,
  maxUpgrades: settings,
  settings,
  upgrades: fc.array(settings, { maxLength: 3 }),
  licenses: fc.uniqueArray(license, { maxLength: 5, selector: ({ id }) => id }),
});
const withoutMachines = inputs.map((one) => ({
  ...one,
  licenses: one.licenses.filter(({ quota }) => quota?.dedicated_vm === undefined),
}));

function expectNoLess(more: ReturnType<typeof runQuota>, less: ReturnType<typeof runQuota>) {
  for (const key of AMOUNTS) expect({ key, isLess: more[key] < less[key] - 1e-9 }).toEqual({ key, isLess: false });
  for (const key of FLAGS) expect({ key, isLost: less[key] && !more[key] }).toEqual({ key, isLost: false });
}

test("more settings are never less", () => {
  const key = fc.constantFrom("memory", "memory_request", "cores", "cpu_shares", "disk_quota", "mintime", "network");
  fc.assert(
    fc.property(inputs, key, amount, (one, name, more) => {
      const before = Number(one.settings[name] ?? 0);
      expectNoLess(runQuota({ ...one, settings: { ...one.settings, [name]: before + more } }), runQuota(one));
    }),
  );
});

test("more that members give is never less", () => {
  fc.assert(
    fc.property(inputs, settings, (one, given) => {
      expectNoLess(runQuota({ ...one, upgrades: [...one.upgrades, given] }), runQuota(one));
    }),
  );
});

test("within one group, and of the old style, one licence more is never less", () => {
  const oneGroup = fc.tuple(
    hosting,
    fc.array(amounts, { minLength: 1, maxLength: 4 }),
    fc.array(settings, { maxLength: 2 }),
  );
  fc.assert(
    fc.property(inputs, oneGroup, fc.boolean(), (one, [host, all, older], boost) => {
      const licenses: LicenseForQuota[] = [
        ...all.map((quota, index) => ({ id: `b${index}`, quota: { ...quota, ...host, boost: index > 0 && boost } })),
        ...older.map((upgrades, index) => ({ id: `c${index}`, upgrades })),
      ];
      for (let count = 1; count <= licenses.length; count += 1) {
        const [more, less] = [licenses.slice(0, count), licenses.slice(0, count - 1)];
        expectNoLess(runQuota({ ...one, licenses: more }), runQuota({ ...one, licenses: less }));
      }
    }),
  );
});

test("the order of licences and of members does not matter", () => {
  fc.assert(
    fc.property(inputs, fc.infiniteStream(fc.nat()), (one, random) => {
      const shuffled = <T>(all: T[]) =>
        all
          .map((value) => ({ value, at: random.next().value ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ value }) => value);
      const other = { ...one, licenses: shuffled(one.licenses), upgrades: shuffled(one.upgrades) };
      expect(runQuota(other)).toEqual(runQuota(one));
    }),
  );
});

const MOST = {
  memory: 16_000,
  memory_request: 8_000,
  cores: 3,
  cpu_shares: 2_048,
  disk_quota: 20_000,
  mintime: 7_776_000,
};

test("every amount is within its cap, which only an administrator's setting exceeds; requests never do", () => {
  fc.assert(
    fc.property(withoutMachines, (one) => {
      const quota = runQuota(one);
      const cap = (name: keyof typeof MOST) => Number(one.maxUpgrades[name] ?? MOST[name]);
      const limit = (name: keyof typeof MOST) => {
        const room = one.settings[name] === undefined ? 0 : Number(one.settings[name]);
        return room > 0 ? cap(name) + room : cap(name);
      };
      expect(quota.memory_limit).toBeLessThanOrEqual(limit("memory"));
      expect(quota.cpu_limit).toBeLessThanOrEqual(limit("cores") + 1e-9);
      expect(quota.disk_quota).toBeLessThanOrEqual(limit("disk_quota"));
      expect(quota.idle_timeout).toBeLessThanOrEqual(limit("mintime"));
      expect(quota.memory_request).toBeLessThanOrEqual(cap("memory_request"));
      expect(quota.cpu_request).toBeLessThanOrEqual(cap("cpu_shares") / 1_024 + 1e-9);
    }),
  );
});

test("over-commitment and minimums hold, as far as the caps allow", () => {
  fc.assert(
    fc.property(withoutMachines, (one) => {
      const quota = runQuota(one);
      const { memory = 16_000, memory_request = 8_000, cpu_shares = 2_048 } = one.maxUpgrades as Record<string, number>;
      const { mem_oc, cpu_oc } = one.defaultQuotas as Record<string, number | undefined>;
      const cap = cpu_shares / 1_024;
      const followed = (limit: number, ratio: number | undefined) =>
        ratio === undefined ? 0 : limit / Math.max(1, ratio);
      const [cpu, mem] = quota.member_host ? [0.05, 300] : [0.02, 200];
      expect(quota.memory_limit).toBeGreaterThanOrEqual(Math.min(1_000, memory));
      expect(quota.cpu_request).toBeGreaterThanOrEqual(
        Math.min(cap, Math.max(cpu, followed(quota.cpu_limit, cpu_oc))) - 1e-9,
      );
      expect(quota.memory_request).toBeGreaterThanOrEqual(Math.min(mem, memory_request));
      // The least limit of a project's server is not reserved by the ratio.
      const ofLimit = quota.memory_limit > 1_000 ? followed(quota.memory_limit, mem_oc) : 0;
      expect(quota.memory_request).toBeGreaterThanOrEqual(Math.floor(Math.min(memory_request, ofLimit)) - 1);
    }),
  );
});

test("whatever SQL may hold, a quota comes of it that is one", () => {
  const rubbish = fc.dictionary(
    fc.constantFrom(
      ...Object.keys(MOST),
      "network",
      "ram",
      "cpu",
      "gpu",
      "patch",
      "pool",
      "dedicated_vm",
      "dedicated_disk",
      "mem_oc",
      "cpu_oc",
      "mem",
      "internet",
      "idle_timeout",
      "__proto__",
    ),
    fc.oneof(
      fc.jsonValue(),
      fc.constantFrom("1e999", "-1", "NaN", "0x10", 1e308, -5, "[{}]", { machine: 5 }, { num: -1 }),
    ),
  );
  const anything = fc.record({
    defaultQuotas: rubbish,
    maxUpgrades: rubbish,
    settings: rubbish,
    upgrades: fc.array(rubbish),
    licenses: fc.array(
      fc.record({
        id: fc.string(),
        quota: fc.oneof(rubbish, fc.constant(null)),
        upgrades: fc.oneof(rubbish, fc.constant(null)),
      }),
    ),
  });
  fc.assert(
    fc.property(anything, (one) => {
      const quota = runQuota(one);
      expect(schema.parse(JSON.parse(JSON.stringify(quota)))).toEqual(quota);
      for (const key of AMOUNTS) expect(Number.isFinite(quota[key]) && quota[key] >= 0).toBe(true);
    }),
  );
});
