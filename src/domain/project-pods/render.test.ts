import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { variablesTooLarge } from "../../protocol/project-variables.ts";
import type { RunQuota } from "../../protocol/quotas.ts";
import { runQuota } from "../quotas/rules.ts";
import { isRescue } from "./condition-rules.ts";
import { isPodOf, ticketOf } from "./identity.ts";
import { type PodInputs, renderPod } from "./render.ts";
import { parseTemplate } from "./template.ts";

const projectId = "10000000-0000-4000-8000-000000000001";
const quota = runQuota({
  defaultQuotas: {},
  maxUpgrades: {},
  settings: { memory: 2000, cores: 1.5 },
  upgrades: [],
  licenses: [],
});
const container = {
  name: "project",
  image: "{PROJECT_IMAGE}",
  env: [
    { name: "COCALC_PROJECT_ID", value: "{project_id}" },
    { name: "ODD", value: "{unknown} {PROJECT_TAG} {extra_env}" },
    { name: "COCALC_HUB_PUBLIC_KEYS", value: "mine" },
  ],
  volumeMounts: [{ name: "home", mountPath: "/home/user", subPath: "projects/{project_id}" }],
};
const templateOf = (spec: object, metadata: object = {}) =>
  parseTemplate({ "project.json": JSON.stringify({ kind: "Pod", metadata, spec }) });
const inputs: PodInputs = {
  template: templateOf({ containers: [{ name: "helper", image: "other" }, container] }),
  projectId,
  ticket: 7,
  requestTime: "2030-01-01T00:00:00.000Z",
  environment: {
    title: "T",
    descr: "",
    tag: "v1.2+x",
    registry: "localhost/project",
    group: "",
    order: 0,
    hidden: false,
  },
  quota,
  env: { GREETING: 'a "quoted" {project_id} $& \\ word', "not a name": "x", NESTED: {} },
  hubKeys: { keys: [] },
  basePath: "/cocalc",
};
const decoded = (value: string | undefined) => JSON.parse(Buffer.from(value ?? "", "base64").toString("utf8"));
const envOf = (pod: ReturnType<typeof renderPod>) =>
  Object.fromEntries((pod.spec.containers[1]?.env ?? []).map(({ name, value }) => [name, value]));

test("placeholders are filled in the strings, once, and what is none stays", () => {
  const pod = renderPod(inputs);
  expect(pod.spec.containers[1]).toMatchObject({
    image: "localhost/project:v1.2+x",
    volumeMounts: [{ subPath: `projects/${projectId}` }],
    resources: { limits: { cpu: "1500m", memory: "2000Mi" }, requests: { cpu: "20m", memory: "200Mi" } },
  });
  expect(pod.spec.containers[0]).toEqual({ name: "helper", image: "other" });
  const env = envOf(pod);
  expect(env.ODD).toMatch(/^\{unknown\} v1\.2\+x [A-Za-z0-9+/=]+$/);
  expect(decoded(env.COCALC_EXTRA_ENV)).toEqual({ GREETING: inputs.env.GREETING });
  expect(decoded(env.COCALC_PROJECT_CONFIG)).toEqual({ quota });
  expect(env).toMatchObject({ COCALC_HUB_PUBLIC_KEYS: '{"keys":[]}', BASE_PATH: "/cocalc", COCALC_USERNAME: "user" });
});

test("the template cannot change by what the pod is recognised", () => {
  const metadata = { name: "x", namespace: "elsewhere", labels: { run: "mine", extra: "kept", project_id: "other" } };
  const pod = renderPod({ ...inputs, template: templateOf({ containers: [container] }, metadata) });
  expect(isPodOf(pod, projectId)).toBe(true);
  expect(pod.metadata.namespace).toBeUndefined();
  expect(pod.metadata.labels).toMatchObject({ run: "project", extra: "kept", project_tag: "v1.2-x", network: "none" });
  expect(ticketOf(pod)).toBe(7);
});

test("a pod of a rescue says so, whatever the template says, and no other does", () => {
  const env = [{ name: "COCALC_RESCUE", value: "0" }];
  const template = templateOf(
    { containers: [{ ...container, env }] },
    { annotations: { "cocalc-k8s/rescue": "true" } },
  );
  const [rescued, other] = [renderPod({ ...inputs, template, rescue: true }), renderPod({ ...inputs, template })];
  expect([isRescue(rescued), isRescue(other)]).toEqual([true, false]);
  expect(rescued.spec.containers[0]?.env).toContainEqual({ name: "COCALC_RESCUE", value: "1" });
});

const withQuota = (more: Partial<RunQuota>, rest: Partial<PodInputs> = {}) =>
  renderPod({ ...inputs, ...rest, quota: { ...quota, ...more } });

test("nothing is reserved beyond its limit, and no limit is nothing, which would be none at all", () => {
  const resources = (more: Partial<RunQuota>) => withQuota(more).spec.containers[1]?.resources;
  expect(resources({ memory_request: 5_000, cpu_request: 4 })).toEqual({
    limits: { cpu: "1500m", memory: "2000Mi" },
    requests: { cpu: "1500m", memory: "2000Mi" },
  });
  expect(resources({ memory_limit: 0, cpu_limit: 0 })).toEqual({
    limits: { cpu: "10m", memory: "64Mi" },
    requests: { cpu: "10m", memory: "64Mi" },
  });
});

test("GPUs are limited, tolerated and looked for", () => {
  const gpu = { num: 2, resource: "example.com/gpu", toleration: "gpu=yes", nodeLabel: "gpu=a100" };
  const { spec } = withQuota({ gpu });
  expect(spec.containers[1]?.resources).toMatchObject({
    limits: { "example.com/gpu": "2" },
    requests: { "example.com/gpu": "2" },
  });
  expect(spec).toMatchObject({
    nodeSelector: { gpu: "a100" },
    tolerations: [{ key: "gpu", operator: "Equal", value: "yes" }],
  });
  const plain = withQuota({ gpu: { num: 1, toleration: "", nodeLabel: "=x" } }).spec;
  expect(plain.containers[1]?.resources?.limits).toMatchObject({ "nvidia.com/gpu": "1" });
  expect(plain).not.toHaveProperty("nodeSelector");
  expect(plain).not.toHaveProperty("tolerations");
});

test("projects run on their machines, and of these on those of their pool: the quota's before the image's", () => {
  const placement = { poolLabel: "pool", nodesLabel: "role=projects", nodesTaint: "role=projects:NoSchedule" };
  const template = templateOf({
    containers: [container],
    nodeSelector: { zone: "a" },
    tolerations: [{ operator: "Exists" }],
  });
  const environment = { ...inputs.environment, pool: "images" };
  expect(withQuota({}, { placement, template, environment }).spec).toMatchObject({
    nodeSelector: { zone: "a", role: "projects", pool: "images" },
    tolerations: [
      { operator: "Exists" },
      { key: "role", operator: "Equal", value: "projects", effect: "NoSchedule" },
      { key: "pool", operator: "Equal", value: "images" },
    ],
  });
  const gpu = { num: 1, nodeLabel: "role=control" };
  expect(withQuota({ gpu, pool: "mine" }, { placement }).spec).toMatchObject({
    nodeSelector: { role: "projects", pool: "mine" },
  });
  expect(withQuota({ pool: "mine" }, { environment }).spec).toMatchObject({ nodeSelector: { "cocalc-pool": "mine" } });
});

test("the shared software is writable where the quota says so, and in the project's container alone", () => {
  const mounts = [
    { name: "home", mountPath: "/home/user", subPath: "projects/{project_id}" },
    { name: "software", mountPath: "/ext", readOnly: true },
  ];
  const template = templateOf({
    containers: [
      { name: "helper", image: "x", volumeMounts: mounts },
      { ...container, volumeMounts: mounts },
    ],
    volumes: [
      { name: "home", persistentVolumeClaim: { claimName: "projects-data" } },
      { name: "software", persistentVolumeClaim: { claimName: "projects-software", readOnly: true } },
    ],
  });
  const { spec } = withQuota({ ext_rw: true }, { template });
  expect(spec.containers.map(({ volumeMounts }) => volumeMounts?.[1]?.readOnly)).toEqual([true, false]);
  expect(spec.volumes).toEqual([
    { name: "home", persistentVolumeClaim: { claimName: "projects-data" } },
    { name: "software", persistentVolumeClaim: { claimName: "projects-software", readOnly: false } },
  ]);
  expect(withQuota({}, { template }).spec.volumes).toEqual(template.spec.volumes);
  expect(withQuota({ ext_rw: true }, { template, rescue: true }).spec.volumes).toEqual(template.spec.volumes);
  expect(withQuota({ ext_rw: true }).spec.containers).toHaveLength(2); // a template without it stays as it is
});

test.each<[string, object]>([
  ["takes its metadata away", { op: "remove", path: "/metadata" }],
  ["takes its containers away", { op: "remove", path: "/spec/containers" }],
  ["takes its spec away", { op: "remove", path: "/spec" }],
  ["puts nothing in the place of a container", { op: "replace", path: "/spec/containers/0", value: null }],
  ["adds a variable that is a number", { op: "add", path: "/spec/containers/1/env/-", value: { name: "X", value: 5 } }],
  ["puts nothing in the place of variables", { op: "replace", path: "/spec/containers/1/env", value: null }],
])("a patch that %s is refused in words, though the administrator allows it", (_what, operation) => {
  const render = () => withQuota({ patch: [{ ...operation }] }, { allowedPatches: [[operation]] });
  expect(render).toThrow(
    expect.objectContaining({ code: "unsupported", message: expect.stringMatching(/^A patch of/) }),
  );
});

test("a rescue ran what a licence's patch had the project run: it runs what the template says, on the machines that the patch chooses", () => {
  const main = "/spec/containers/1";
  const patch = [
    { op: "replace", path: `${main}/image`, value: "mine" },
    { op: "add", path: `${main}/command`, value: ["/home/user/mine"] },
    { op: "add", path: `${main}/args`, value: ["x"] },
    { op: "add", path: `${main}/workingDir`, value: "/home/user" },
    { op: "add", path: `${main}/env/-`, value: { name: "NODE_OPTIONS", value: "--require /home/user/mine.js" } },
    { op: "replace", path: `${main}/resources/limits/memory`, value: "3000Mi" },
    { op: "add", path: "/spec/nodeSelector", value: { team: "a" } },
  ];
  const plain = withQuota({}, { rescue: true }).spec.containers[1];
  const { nodeSelector, containers } = withQuota({ patch }, { rescue: true }).spec;
  expect(containers[1]).toMatchObject({ resources: { limits: { memory: "3000Mi" } } });
  expect({ ...containers[1], resources: plain?.resources, env: [] }).toEqual({ ...plain, env: [] });
  expect(containers[1]?.env?.map(({ name }) => name)).toEqual(plain?.env?.map(({ name }) => name));
  expect(nodeSelector).toEqual({ team: "a" });
  expect(withQuota({ patch }).spec.containers[1]).toMatchObject({ image: "mine", command: ["/home/user/mine"] });
  const all = [{ op: "replace", path: "/spec/containers", value: [{ name: "project", image: "mine" }] }];
  const replaced = withQuota({ patch: all }, { rescue: true, allowedPatches: [all] }).spec.containers;
  expect(replaced).toMatchObject([{ name: "project", image: "localhost/project:v1.2+x" }]);
});

test("an environment that Linux would not start a program with is refused, whoever made it that large", () => {
  const withEnv = (env: object[], where = "containers") =>
    renderPod({
      ...inputs,
      template: templateOf({ containers: [container], [where]: [{ name: "one", image: "x", env }] }),
    });
  const value = "x".repeat(131_000);
  expect(() => withEnv([{ name: "LARGE", value }])).not.toThrow();
  expect(() => withEnv([{ name: "LARGE", value: `${value}${value}` }])).toThrow(/variable LARGE of the container one/);
  expect(() => withEnv([{ name: "LARGE", value: `${value}${value}` }], "initContainers")).toThrow(/LARGE/);
  const all = Array.from({ length: 9 }, (_, index) => ({ name: `V${index}`, value }));
  expect(() => withEnv(all)).toThrow(/variables of the container one have 1\d{6} bytes together/);
});

test("the most variables that are taken fit", () => {
  const env = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`V${index}`, "x".repeat(10_760)]));
  expect(variablesTooLarge(env)).toBeUndefined();
  expect(() => renderPod({ ...inputs, env })).not.toThrow();
});

test("any value of any variable arrives as it was given", () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const pod = renderPod({ ...inputs, env: { VALUE: value } });
      expect(decoded(envOf(pod).COCALC_EXTRA_ENV)).toEqual({ VALUE: value });
    }),
  );
});

test.each([
  [undefined, /no key project\.json/],
  [{ "project.json": "{" }, /not JSON/],
  [{ "project.json": "[]" }, /not a pod template/],
  [{ "project.json": '{"kind":"Deployment","spec":{}}' }, /not a pod template/],
])("a template that is none is refused: %j", (data, message) => {
  expect(() => parseTemplate(data)).toThrow(message);
});
