import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { readLicense } from "../quotas/license-rules.ts";
import { quotaNotCounted, upgradesNotCounted } from "./not-counted-rules.ts";

test("what no start could use is named with what it must be", () => {
  const problem = (quota: object) => quotaNotCounted(quota).join("; ");
  expect(problem({ mem: 4 })).toMatch(/^quota\.mem: is not known; there are ram, /);
  expect(problem({ ram: -1 })).toBe("quota.ram: must be a number from 0 on");
  expect(problem({ member: "maybe" })).toBe("quota.member: must be true or false");
  expect(problem({ idle_timeout: "week" })).toBe("quota.idle_timeout: must be short, medium, day");
  expect(problem({ idle_timeout: "day", member: false })).toMatch(/day takes member/);
  expect(problem({ pool: "a b" })).toMatch(/^quota\.pool: must be at most 63/);
  expect(problem({ gpu: { num: 65 } })).toMatch(/^quota\.gpu: num: /);
  expect(problem({ gpu: { toleration: "=x" } })).toMatch(/toleration: must be a taint/);
  expect(problem({ gpu: { nodeLabel: "a/b/c=x" } })).toMatch(/nodeLabel: must be/);
  expect(problem({ dedicated_vm: true })).toMatch(/must name a machine/);
  expect(problem({ patch: '[{"op":"move","path":"/a"}]' })).toMatch(/must have a "from"/);
  expect(problem({ patch: '[{"op":"add","path":"spec","value":1}]' })).toMatch(/must have a "path"/);
  expect(quotaNotCounted("x")).toEqual(["quota: must be an object"]);
  expect(upgradesNotCounted({ mem: 4, cores: "many", memory: 1 })).toHaveLength(2);
});

test("what makes sense is left alone, and so is what stood there before", () => {
  const gpu = {
    num: 2,
    toleration: "gpu=yes:NoSchedule",
    nodeLabel: "example.org/gpu=a100",
    resource: "nvidia.com/gpu",
  };
  const patch = '[{"op":"test","path":"/spec/hostname","value":"a"},{"op":"copy","from":"/a","path":""}]';
  const quota = { ram: "4", cpu: 2, member: 1, idle_timeout: "day", pool: "a-1", gpu, patch, dedicated_vm: false };
  expect(quotaNotCounted(quota)).toEqual([]);
  expect(quotaNotCounted({ dedicated_vm: { machine: "n2-standard-4" }, gpu: { toleration: "gpu" } })).toEqual([]);
  expect(quotaNotCounted({ mem: 4, ram: -1 }, { mem: 4, ram: 1 })).toEqual(["quota.ram: must be a number from 0 on"]);
  expect(quotaNotCounted(null)).toEqual([]);
  expect(upgradesNotCounted({ mem: 4, cores: -1 }, { mem: 4 })).toEqual(["upgrades.cores: must be a number from 0 on"]);
});

test("the memory of a licence whose timeout of a day stood there without member, by SQL, could not be changed", () => {
  const [word] = quotaNotCounted({ idle_timeout: "day", member: false });
  const before = { ram: 1, idle_timeout: "day", member: false };
  expect(quotaNotCounted({ ...before, ram: 2 }, before)).toEqual([]);
  expect(quotaNotCounted(before, { ram: 1, idle_timeout: "day" })).toEqual([word]);
  expect(quotaNotCounted(before, { ram: 1, idle_timeout: "short", member: false })).toEqual([word]);
});

test("a number that is not named counts at a start", () => {
  const field = fc.constantFrom("ram", "dedicated_ram", "cpu", "dedicated_cpu", "disk");
  fc.assert(
    fc.property(field, fc.anything(), (name, value) => {
      const isNamed = quotaNotCounted({ [name]: value }).length > 0;
      const read = readLicense({ id: "x", quota: { [name]: value } });
      const counted = read?.kind === "regular" ? read.quota[name] : undefined;
      if (isNamed) expect(counted).toBeUndefined();
      else if (value !== null && Number(value) > 0) expect(counted).toBeGreaterThan(0);
    }),
  );
});
