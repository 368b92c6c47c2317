import { expect, test } from "@jest/globals";
import type { QuotaInputs } from "../../protocol/quota-inputs.ts";
import { runQuota } from "./rules.ts";

const S = { internet: true, idle_timeout: 3600, mem: 1000, cpu: 1, cpu_oc: 10, mem_oc: 5 };

/** What a test says of the inputs; licences by their quota, or as they stand. */
type Said = Omit<Partial<QuotaInputs>, "licenses"> & {
  quotas?: object[];
  licenses?: Omit<QuotaInputs["licenses"][number], "id">[];
};

const idOf = (index: number) => `${String(index).padStart(8, "0")}-0000-4000-8000-000000000001`;

function quotaOf({ quotas = [], licenses = [], ...inputs }: Said) {
  const all = [...quotas.map((quota) => ({ quota: { ...quota } })), ...licenses];
  const nothing = { defaultQuotas: {}, maxUpgrades: {}, settings: {}, upgrades: [] };
  return runQuota({ ...nothing, ...inputs, licenses: all.map((license, index) => ({ ...license, id: idOf(index) })) });
}

/** memory request, cpu request, disk, memory limit, cpu limit, idle, and the flags by their first letter. */
function summary(inputs: Said) {
  const q = quotaOf(inputs);
  const flags = [q.network && "N", q.member_host && "M", q.always_running && "A"].filter(Boolean).join(" ");
  return [q.memory_request, q.cpu_request, q.disk_quota, q.memory_limit, q.cpu_limit, q.idle_timeout, flags];
}

const settings = {
  memory: 4000,
  cores: 2,
  cpu_shares: 512,
  memory_request: 1500,
  mintime: 7200,
  network: 1,
  member_host: 1,
  always_running: 1,
  disk_quota: "5000",
};
const maxUpgrades = { memory: 32_000, cores: 8, memory_request: 4_000, cpu_shares: 4_096 };
const medium = { member: true, idle_timeout: "medium" };
const short = { member: true, idle_timeout: "short" };
const patch = [{ op: "add", path: "/spec/nodeSelector", value: { a: "b" } }];
const gpu = { num: 2, resource: "example.com/gpu" };
const onprem = { dedicated_vm: { machine: "onprem" }, ram: 16, cpu: 8, always_running: true, idle_timeout: "day" };

test.each<[string, Said, unknown[]]>([
  ["nothing is set", {}, [200, 0.02, 3000, 1000, 1, 1800, ""]],
  ["the site has defaults", { defaultQuotas: S }, [200, 0.1, 3000, 1000, 1, 3600, "N"]],
  ["an administrator set quotas", { defaultQuotas: S, settings }, [1500, 0.5, 5000, 4000, 2, 7200, "N M A"]],
  [
    "members gave upgrades",
    { upgrades: [{ memory: 3000, cores: 1, network: 1, member_host: 1, mintime: 3600 }, { memory: 2000 }] },
    [300, 0.05, 3000, 6000, 2, 5400, "N M"],
  ],
  [
    "internet is taken away",
    { defaultQuotas: S, settings: { disableInternet: true } },
    [200, 0.1, 3000, 1000, 1, 3600, ""],
  ],
  [
    "over-commitment below one counts as one",
    { defaultQuotas: { mem: 2000, cpu: 2, mem_oc: 0.5, cpu_oc: 1 } },
    [2000, 2, 3000, 2000, 2, 1800, ""],
  ],
  [
    "requests follow limits",
    { defaultQuotas: { mem_oc: 5, cpu_oc: 10 }, settings: { memory: 4000, cores: 2 } },
    [800, 0.2, 3000, 4000, 2, 1800, ""],
  ],
  [
    "a licence gives more",
    { defaultQuotas: S, quotas: [{ ram: 4, cpu: 2, disk: 5, ...medium }] },
    [800, 0.2, 5000, 4000, 2, 7200, "N M"],
  ],
  [
    "two licences of one group add up",
    {
      defaultQuotas: S,
      quotas: [
        { ram: 4, cpu: 1, disk: 5, ...medium },
        { ram: 3, cpu: 1, disk: 2, ...medium },
      ],
    },
    [1400, 0.2, 7000, 7000, 2, 7200, "N M"],
  ],
  [
    "of two groups the better one wins",
    {
      defaultQuotas: S,
      quotas: [
        { ram: 4, cpu: 1, ...medium },
        { ram: 8, cpu: 2, member: true, always_running: true, idle_timeout: "day" },
      ],
    },
    [1600, 0.2, 3000, 8000, 2, 86400, "N M A"],
  ],
  [
    "a boost adds to its group",
    {
      defaultQuotas: S,
      quotas: [
        { ram: 4, cpu: 1, ...medium },
        { ram: 2, cpu: 1, boost: true, ...medium },
      ],
    },
    [1200, 0.2, 3000, 6000, 2, 7200, "N M"],
  ],
  [
    "a licence gives beyond what the site allows",
    { defaultQuotas: S, maxUpgrades, quotas: [{ ram: 64, cpu: 16, member: true, idle_timeout: "day" }] },
    [4000, 0.8, 3000, 32000, 8, 86400, "N M"],
  ],
  [
    "a licence's timeout is below the site's",
    { defaultQuotas: S, quotas: [{ ram: 2, cpu: 1, ext_rw: true, patch: JSON.stringify(patch), gpu, ...short }] },
    [400, 0.1, 3000, 2000, 1, 3600, "N M"],
  ],
  [
    "a licence reserves",
    { defaultQuotas: S, quotas: [{ ram: 4, dedicated_ram: 2, cpu: 1, dedicated_cpu: 1, ...short }] },
    [2000, 1, 3000, 6000, 2, 3600, "N M"],
  ],
  [
    "a machine of the site is the project's own",
    { defaultQuotas: S, quotas: [onprem] },
    [0, 0, 0, 16000, 8, 86400, "N M A"],
  ],
  [
    "a machine of a known kind is the project's own",
    { quotas: [{ dedicated_vm: { machine: "n2-highmem-8" } }] },
    [0, 0, 20000, 62000, 8, 1800, "N M A"],
  ],
  [
    "a licence is over",
    { defaultQuotas: S, licenses: [{ quota: { ram: 4, cpu: 2 }, status: "expired" }] },
    [200, 0.1, 3000, 1000, 1, 3600, "N"],
  ],
  [
    "a licence is of the old style",
    { licenses: [{ upgrades: { memory: 3000, cores: 1, network: 1 } }] },
    [200, 0.02, 3000, 4000, 2, 1800, "N"],
  ],
])("the quota when %s", (_what, inputs, expected) => {
  expect(summary(inputs)).toEqual(expected);
});

test("what licences give besides amounts stands in the quota where it is given, and is absent else", () => {
  const given = { ext_rw: true, patch: JSON.stringify(patch), gpu, pool: "large" };
  expect(quotaOf({ quotas: [{ ram: 2, ...given }] })).toMatchObject({ ...given, patch });
  const without = quotaOf({ quotas: [{ ram: 2 }] });
  expect(without).toMatchObject({ gpu: false, dedicated_vm: false, dedicated_disks: [] });
  expect(Object.keys(without).filter((key) => ["ext_rw", "patch", "pool"].includes(key))).toEqual([]);
});

test("what does not depend on hosting is given by licences of every group; of what can be only once the last counts", () => {
  const disk = { size_gb: 10, speed: "ssd" };
  const quotas = [
    { ram: 1, gpu: true, patch: JSON.stringify(patch) },
    { ram: 1, ...medium, gpu, patch: JSON.stringify(patch) },
    { dedicated_disk: disk },
    { ram: 1, patch: "no patch" },
    { ram: 1, patch: '[{"op":"jump","path":"/spec"}]' },
  ];
  expect(quotaOf({ quotas })).toMatchObject({ gpu, patch: [...patch, ...patch], dedicated_disks: [disk] });
  expect(quotaOf({ quotas: [{ gpu: true }] }).gpu).toEqual({ num: 1 });
});

test("beside a machine nothing counts but disks", () => {
  const machine = { dedicated_vm: { name: "mine", machine: "n2-standard-4" }, ext_rw: true, gpu: true };
  const quotas = [{ ram: 900, cpu: 90, gpu }, machine, { dedicated_disk: { size_gb: 1 } }];
  const quota = quotaOf({ quotas, licenses: [{ upgrades: { memory: 9000 } }] });
  expect(quota).toEqual({
    ...quotaOf({ quotas: [{ dedicated_vm: machine.dedicated_vm }] }),
    dedicated_disks: [{ size_gb: 1 }],
  });
  expect(quota).toMatchObject({ dedicated_vm: machine.dedicated_vm, memory_limit: 14_000, cpu_limit: 4, gpu: false });
});

test("a machine that nobody knows is none", () => {
  for (const machine of ["n3-standard-4", "n2-highmem-0", "n2-highmem-1e3", "toString"]) {
    expect(quotaOf({ quotas: [{ dedicated_vm: { machine }, ram: 900 }] })).toEqual(quotaOf({}));
  }
});

test("a boost alone gives nothing, nor does one of another group", () => {
  const boost = { ram: 4, boost: true, ...medium };
  expect(quotaOf({ quotas: [boost] })).toEqual(quotaOf({}));
  expect(quotaOf({ quotas: [boost, { ram: 2 }] })).toEqual(quotaOf({ quotas: [{ ram: 2 }] }));
});

test("a disk does not decide about the hosting", () => {
  expect(quotaOf({ quotas: [{ dedicated_disk: { size_gb: 1 }, member: false }] }).network).toBe(false);
});

test("who names a timeout is a member unless they say no, and a whole day is for members", () => {
  expect(quotaOf({ quotas: [{ idle_timeout: "day" }] })).toMatchObject({ member_host: true, idle_timeout: 86_400 });
  const no = quotaOf({ quotas: [{ idle_timeout: "day", member: false }] });
  expect(no).toMatchObject({ member_host: false, idle_timeout: 7_200 });
  const unknown = quotaOf({ quotas: [{ idle_timeout: "week" }] });
  expect(unknown).toMatchObject({ member_host: false, idle_timeout: 1_800 });
});

test("the site's safeguard only makes memory requests smaller", () => {
  const request = (memRequestAdjustment: QuotaInputs["memRequestAdjustment"]) =>
    quotaOf({ settings: { memory: 8000, memory_request: 4000 }, memRequestAdjustment }).memory_request;
  expect(request(undefined)).toBe(4000);
  expect(request({ lim: 3000 })).toBe(3000);
  expect(request({ pct: 25 })).toBe(2000);
  expect(request({ lim: 3000, pct: 90 })).toBe(3000);
  expect(request({ lim: 9000, pct: 100 })).toBe(4000);
});

test("a pool is named by the project rather than by a licence", () => {
  expect(quotaOf({ settings: { pool: "mine" }, quotas: [{ ram: 1, pool: "theirs" }] }).pool).toBe("mine");
  expect(quotaOf({ settings: { pool: "no label!" }, quotas: [{ ram: 1, pool: "theirs" }] }).pool).toBe("theirs");
});

test("only an administrator gives privileges", () => {
  expect(quotaOf({ upgrades: [{ privileged: 1 }], licenses: [{ upgrades: { privileged: 1 } }] }).privileged).toBe(
    false,
  );
  expect(quotaOf({ settings: { privileged: 1 } }).privileged).toBe(true);
});

test("nothing takes the network away where nothing keeps projects from it", () => {
  expect(quotaOf({ openNetwork: true }).network).toBe(true);
  expect(quotaOf({ settings: { ...settings, disableInternet: true }, openNetwork: true }).network).toBe(true);
});

test.each([
  "memory",
  "cpu",
  "kubernetes.io/memory",
  "x.kubernetes.io/gpu",
  "requests.nvidia.com/gpu",
  "/gpu",
  "nvidia.com/",
  "a/b/c",
])("a GPU named %s took the place of what limits a project: it is none", (resource) => {
  expect(quotaOf({ quotas: [{ ram: 2, gpu: { num: 1, resource } }] })).toMatchObject({
    gpu: false,
    memory_limit: 2_000,
  });
});

test("a GPU has a name of its maker's", () => {
  for (const resource of ["nvidia.com/gpu", "amd.com/gpu", "nvidia.com/mig-1g.5gb", "notkubernetes.io/gpu"]) {
    expect(quotaOf({ quotas: [{ ram: 2, gpu: { resource } }] })).toMatchObject({ gpu: { num: 1, resource } });
  }
});
