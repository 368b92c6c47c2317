import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { variablesTooLarge } from "../../protocol/project-variables.ts";
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

test("neither template nor patch can change by what the pod is recognised", () => {
  const metadata = { name: "x", namespace: "elsewhere", labels: { run: "mine", extra: "kept", project_id: "other" } };
  const patch = [
    { op: "replace", path: "/metadata/name", value: "evil" },
    { op: "add", path: "/spec/nodeSelector", value: { gpu: "yes" } },
  ];
  const pod = renderPod({
    ...inputs,
    template: templateOf({ containers: [container] }, metadata),
    quota: { ...quota, patch },
  });
  expect(isPodOf(pod, projectId)).toBe(true);
  expect(pod.metadata.namespace).toBeUndefined();
  expect(pod.metadata.labels).toMatchObject({ run: "project", extra: "kept", project_tag: "v1.2-x", network: "none" });
  expect(ticketOf(pod)).toBe(7);
  expect(pod.spec.nodeSelector).toEqual({ gpu: "yes" });
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

test("a patch that does not fit is refused in words", () => {
  const patch = [{ op: "remove", path: "/spec/nothing" }];
  expect(() => renderPod({ ...inputs, quota: { ...quota, patch } })).toThrow(/patch .* does not fit/);
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
