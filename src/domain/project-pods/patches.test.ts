import { expect, test } from "@jest/globals";
import type { Pod } from "../../kube/types.ts";
import { patched } from "./patches.ts";

const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "project-x", labels: { run: "project" }, annotations: {} },
  spec: {
    automountServiceAccountToken: false,
    securityContext: { runAsUser: 2001, runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    runtimeClassName: "gvisor",
    nodeSelector: { role: "projects" },
    tolerations: [{ operator: "Exists", effect: "NoExecute" }],
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } },
    initContainers: [{ name: "setup", image: "x", command: ["chown"], securityContext: { runAsUser: 0 } }],
    containers: [
      { name: "sidecar", image: "y" },
      {
        name: "project",
        image: "z",
        env: [
          { name: "COCALC_HUB_PUBLIC_KEYS", value: "{}" },
          { name: "HOME", value: "/home/user" },
        ],
        ports: [{ name: "http", containerPort: 6001 }],
        resources: { limits: { memory: "1000Mi" } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        volumeMounts: [{ name: "home", mountPath: "/home/user", subPath: "projects/x" }],
      },
    ],
    volumes: [{ name: "home", persistentVolumeClaim: { claimName: "projects-data" } }],
  },
};
const bare: Pod = { ...pod, spec: { ...pod.spec, affinity: undefined } };
const add = (path: string, value: unknown) => ({ op: "add", path, value });
const MAIN = "/spec/containers/1";

test.each<[string, object]>([
  ["nodes", add("/spec/nodeSelector/team", "a")],
  ["tolerations", add("/spec/tolerations/-", { key: "team", operator: "Exists" })],
  ["that less is tolerated", { op: "remove", path: "/spec/tolerations" }],
  ["affinity", add("/spec/affinity/podAntiAffinity", {})],
  ["a class of priority", add("/spec/priorityClassName", "course")],
  ["how long it may take to stop", add("/spec/terminationGracePeriodSeconds", 60)],
  ["what autoscalers are told", add("/metadata/annotations", { "karpenter.sh/do-not-disrupt": "true" })],
  ["amounts", add(`${MAIN}/resources/limits/example.com~1tpu`, "1")],
  ["a sidecar's amounts", add("/spec/containers/0/resources", { limits: { cpu: "1" } })],
  ["a variable", add(`${MAIN}/env/-`, { name: "TEAM", value: "a" })],
  ["the image", { op: "replace", path: `${MAIN}/image`, value: "z:2" }],
  ["a port", add(`${MAIN}/ports/-`, { name: "more", containerPort: 8000 })],
  ["nothing", { op: "test", path: `${MAIN}/image`, value: "z" }],
])("a patch may change %s", (_what, operation) => {
  expect(() => patched(pod, [operation], [])).not.toThrow();
});

test.each<[string, object, string]>([
  ["the service account's token", add("/spec/automountServiceAccountToken", true), "spec.automountServiceAccountToken"],
  ["the service account", add("/spec/serviceAccountName", "admin"), "spec.serviceAccountName"],
  ["the host's network", add("/spec/hostNetwork", true), "spec.hostNetwork"],
  ["the host's processes", add("/spec/hostPID", true), "spec.hostPID"],
  ["the host's memory", add("/spec/hostIPC", true), "spec.hostIPC"],
  ["the host's users", add("/spec/hostUsers", true), "spec.hostUsers"],
  ["a node past the scheduler", add("/spec/nodeName", "control"), "spec.nodeName"],
  ["processes of other containers", add("/spec/shareProcessNamespace", true), "spec.shareProcessNamespace"],
  ["the pod's root", add("/spec/securityContext/runAsUser", 0), "spec.securityContext"],
  ["no seccomp", add("/spec/securityContext/seccompProfile", { type: "Unconfined" }), "spec.securityContext"],
  ["another runtime than the template's", add("/spec/runtimeClassName", "runc"), "spec.runtimeClassName"],
  ["the system's priority", add("/spec/priorityClassName", "system-node-critical"), "spec.priorityClassName"],
  ["any machine at all", add("/spec/tolerations", [{ operator: "Exists" }]), "spec.tolerations"],
  [
    "any machine at all, by an empty key",
    add("/spec/tolerations/-", { key: "", operator: "Exists" }),
    "spec.tolerations",
  ],
  [
    "the cluster's own machines",
    add("/spec/tolerations/-", { key: "node-role.kubernetes.io/control-plane", operator: "Exists" }),
    "spec.tolerations",
  ],
  ["other machines than those of projects", add("/spec/nodeSelector", { team: "a" }), "spec.nodeSelector"],
  ["whatever machine there is", { op: "remove", path: "/spec/nodeSelector" }, "spec.nodeSelector"],
  ["machines apart from projects'", add("/spec/affinity/nodeAffinity", {}), "spec.affinity"],
  ["a volume of the host", add("/spec/volumes/-", { name: "h", hostPath: { path: "/" } }), "spec.volumes"],
  ["a projected token", add("/spec/volumes/-", { name: "t", projected: { sources: [] } }), "spec.volumes"],
  ["another claim", add("/spec/volumes/0/persistentVolumeClaim/claimName", "else"), "spec.volumes"],
  ["no volumes", { op: "remove", path: "/spec/volumes" }, "spec.volumes"],
  ["everybody's homes", { op: "remove", path: `${MAIN}/volumeMounts/0/subPath` }, "spec.containers[1].volumeMounts"],
  ["privilege", add(`${MAIN}/securityContext/privileged`, true), "spec.containers[1].securityContext"],
  ["no security context", { op: "remove", path: `${MAIN}/securityContext` }, "spec.containers[1].securityContext"],
  ["a port of the host", add(`${MAIN}/ports/0/hostPort`, 80), "spec.containers[1].ports"],
  ["secrets as variables", add(`${MAIN}/envFrom`, [{ secretRef: { name: "s" } }]), "spec.containers[1].envFrom"],
  ["a secret as a variable", add(`${MAIN}/env/-`, { name: "S", valueFrom: {} }), "spec.containers[1].env"],
  ["whom to believe", { op: "replace", path: `${MAIN}/env/0/value`, value: "mine" }, "spec.containers[1].env"],
  ["whom to believe, by a second one", add(`${MAIN}/env/-`, { name: "COCALC_X", value: "" }), "spec.containers[1].env"],
  ["a variable that is a number", add(`${MAIN}/env/-`, { name: "N", value: 5 }), "spec.containers[1].env"],
  ["a variable without a name", add(`${MAIN}/env/-`, { value: "x" }), "spec.containers[1].env"],
  ["a variable of an odd name", add(`${MAIN}/env/-`, { name: { toString: 1 } }), "spec.containers[1].env"],
  ["a variable that is none", add(`${MAIN}/env/-`, null), "spec.containers[1].env"],
  ["variables that are no list", add(`${MAIN}/env`, { 0: { name: "N" } }), "spec.containers[1].env"],
  ["a priority that is no text", add("/spec/priorityClassName", { toString: 1 }), "spec.priorityClassName"],
  ["that somebody is believed", { op: "remove", path: `${MAIN}/env/0` }, "spec.containers[1].env"],
  ["what the node does for it", add(`${MAIN}/lifecycle`, { postStart: {} }), "spec.containers[1].lifecycle"],
  ["claims of devices", add(`${MAIN}/resources/claims`, [{ name: "d" }]), "spec.containers[1].resources"],
  ["what root does before", add("/spec/initContainers/0/command", ["sh"]), "spec.initContainers[0].command"],
  ["another container's image", add("/spec/containers/0/image", "evil"), "spec.containers[0].image"],
  ["one container more", add("/spec/containers/-", { name: "more", image: "x" }), "spec.containers"],
  [
    "which container is the project's",
    { op: "move", from: "/spec/containers/1", path: "/spec/containers/0" },
    "spec.containers[0].name",
  ],
  ["ephemeral containers", add("/spec/ephemeralContainers", []), "spec.ephemeralContainers"],
  ["its name", add("/metadata/name", "hub"), "metadata.name"],
  ["a label", add("/metadata/labels/group", "hub"), "metadata.labels"],
  [
    "a network by an annotation",
    add("/metadata/annotations/k8s.v1.cni.cncf.io~1networks", "host"),
    "metadata.annotations",
  ],
  ["what it is", add("/kind", "Secret"), "kind"],
  ["the whole", add("", { kind: "Pod" }), "apiVersion"],
])("a patch may not ask for %s, unless that very patch is allowed", (_what, operation, field) => {
  expect(() => patched(pod, [operation], [])).toThrow(new RegExp(`changes ${field.replace(/[[\].]/g, "\\$&")}`));
  expect(() => patched(pod, [operation], [[operation]])).not.toThrow();
});

test("an allowed patch is found between others, and allows nothing else", () => {
  const [host, selector, users] = [
    add("/spec/hostNetwork", true),
    add("/spec/nodeSelector/team", "a"),
    add("/spec/hostPID", true),
  ];
  const allowed = [[host, selector]];
  expect(patched(pod, [selector, host, selector], allowed).spec.hostNetwork).toBe(true);
  expect(() => patched(pod, [host], allowed)).toThrow(/spec\.hostNetwork/);
  expect(() => patched(pod, [selector, host], allowed)).toThrow(/spec\.hostNetwork/);
  expect(() => patched(pod, [host, selector, users], allowed)).toThrow(/spec\.hostPID/);
});

test("a pod that doubles with each operation was made some megabytes large: it is refused, also inside of an allowed patch", () => {
  const grow = [
    add("/spec/affinity", { a: "x".repeat(100) }),
    ...Array.from({ length: 25 }, (_, index) => ({
      op: "copy",
      from: "/spec/affinity",
      path: `/spec/affinity/a${index}`,
    })),
  ];
  expect(() => patched(bare, grow, [])).toThrow("A patch of the project's licences makes the pod too large.");
  expect(() => patched(bare, grow, [grow])).toThrow(/too large/);
  expect(() => patched(bare, grow.slice(0, 8), [])).not.toThrow();
});

test("more operations than anybody needs are refused", () => {
  const nothing = { op: "test", path: `${MAIN}/image`, value: "z" };
  expect(() => patched(pod, Array(100).fill(nothing), [])).not.toThrow();
  expect(() => patched(pod, Array(101).fill(nothing), [])).toThrow(/more than 100 operations/);
});

test("a patch that does not fit is refused in words, and what it is applied to stays as it is", () => {
  const before = structuredClone(pod);
  expect(() => patched(pod, [{ op: "remove", path: "/spec/nothing" }], [])).toThrow(
    /^A patch of the project's licences does not fit the pod template: remove \/spec\/nothing \([^\n]+\)\.$/,
  );
  expect(() => patched(pod, [{ op: "remove", path: "" }], [])).toThrow(/A patch of the project's licences/);
  expect(() => patched(pod, [add("/__proto__/polluted", true)], [])).toThrow(/does not fit/);
  patched(pod, [add(`${MAIN}/env/-`, { name: "TEAM", value: "a" })], []);
  expect(pod).toEqual(before);
});
