/** The process kubelet beyond the contract: capacity, images, probes, memory, environment, volumes, logs, and nothing left behind. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "@jest/globals";
import type { Life } from "../../../src/core/life.ts";
import { openMetrics } from "../../../src/core/metrics.ts";
import { openKube } from "../../../src/kube/client.ts";
import { configMaps, events, nodes, pods } from "../../../src/kube/resources.ts";
import type { Container, Kube, Pod, PodSpec } from "../../../src/kube/types.ts";
import { type KubeApi, openKubeApi } from "../../../src/local/kube-api/kube-api.ts";
import { type KubeletOptions, openKubelet } from "../../../src/local/kubelet/kubelet.ts";
import { identify, signalProcess } from "../../../src/local/processes.ts";
import { kubeConfigFor, uniqueName } from "../../contract/target.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { testLives } from "../../helpers/life.ts";
import { testLog } from "../../helpers/log.ts";
import { until } from "../../helpers/until.ts";

const IMAGE = "localhost/shell";
const newLife = testLives();
const log = testLog();

let life: Life;
let folder: string;
let api: KubeApi;
let kube: Kube;
beforeEach(async () => {
  life = newLife();
  folder = await temporaryFolder(life);
});

async function open(options: Partial<KubeletOptions> = {}): Promise<void> {
  api = await openKubeApi(life, { dataDir: join(folder, "api"), namespace: "test", log });
  const images = new Map([[IMAGE, { command: [] }]]);
  const dirs = { dataDir: join(folder, "kubelet"), claimsDir: join(folder, "volumes") };
  await openKubelet(life, { api, ...dirs, images, log, backoffMs: 50, memoryCheckMs: 50, ...options });
  const config = kubeConfigFor(api.kubeconfig);
  kube = await openKube(life, { config, metrics: openMetrics({ defaults: false }), log });
}

/** A pod of one container that runs a shell script. */
function podOf(script: string, container: Partial<Container> = {}, spec: Partial<PodSpec> = {}): Pod {
  const main = { name: "main", image: `${IMAGE}:1`, command: ["/bin/sh", "-c", script], ...container };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: uniqueName("pod") },
    spec: { terminationGracePeriodSeconds: 3, ...spec, containers: [main] },
  };
}

async function create(pod: Pod): Promise<string> {
  await kube.create(pods, pod);
  return pod.metadata.name;
}

const get = (name: string) => kube.get(pods, name);
const condition = (pod: Pod, type: string) => pod.status?.conditions?.find((found) => found.type === type);
const isReady = (pod: Pod) => condition(pod, "Ready")?.status === "True";
const ready = (name: string) => until(async () => (await get(name).then((pod) => isReady(pod) && pod)) || undefined);
const container = async (name: string) => (await get(name)).status?.containerStatuses?.[0];
/** The pid that a script tells by `echo $$$$`: two dollars stand for one in a container's command. */
const toldPid = (name: string) => until(async () => Number(await output(name)) || undefined);
const output = (name: string) => kube.podLog(name).catch(() => "");
async function reasons(name: string): Promise<string[]> {
  const { items } = await kube.list(events, { fieldSelector: `involvedObject.name=${name}` });
  return items.map(({ reason }) => reason ?? "");
}

describe("scheduling", () => {
  const asking = (memory: string) => podOf("exec sleep 60", { resources: { requests: { memory } } });

  test("a pod that does not fit waits, with Kubernetes' words, until another has gone", async () => {
    await open({ capacity: { memoryBytes: 2 ** 30 } });
    const first = await create(asking("700Mi"));
    await ready(first);
    const second = await create(asking("700Mi"));
    const waiting = await until(async () => condition(await get(second), "PodScheduled"));
    expect(waiting).toMatchObject({
      status: "False",
      reason: "Unschedulable",
      message: expect.stringMatching(/^0\/1 nodes are available: 1 Insufficient memory\./),
    });
    expect(await reasons(second)).toEqual(["FailedScheduling"]);
    await kube.delete(pods, first);
    await ready(second);
    expect(await reasons(second)).toEqual(expect.arrayContaining(["Scheduled", "Pulled", "Created", "Started"]));
  });

  test("a cordoned node takes no pod, and takes it when it is uncordoned", async () => {
    await open();
    await kube.patch(nodes, "local", { spec: { unschedulable: true } });
    const name = await create(podOf("exec sleep 60"));
    const waiting = await until(async () => condition(await get(name), "PodScheduled"));
    expect(waiting.message).toMatch(/1 node\(s\) were unschedulable/);
    await kube.patch(nodes, "local", { spec: { unschedulable: null } });
    await ready(name);
  });

  test("a claim that is not there is told", async () => {
    await open();
    const volumes = [{ name: "home", persistentVolumeClaim: { claimName: "absent" } }];
    const name = await create(podOf("exec sleep 60", {}, { volumes }));
    const waiting = await until(async () => condition(await get(name), "PodScheduled"));
    expect(waiting.message).toContain('persistentvolumeclaim "absent" not found');
  });
});

describe("images and configuration", () => {
  test("an image that this machine does not know: ErrImagePull, then ImagePullBackOff, with events", async () => {
    await open();
    const name = await create(podOf("", { image: "example.invalid/none:1" }));
    await until(async () => (await container(name))?.state?.waiting?.reason === "ErrImagePull");
    await until(async () => (await container(name))?.state?.waiting?.reason === "ImagePullBackOff");
    expect((await get(name)).status?.phase).toBe("Pending");
    expect(await reasons(name)).toEqual(expect.arrayContaining(["Failed", "BackOff"]));
  });

  test("variables come from fields, config maps and others, and mount paths in them become folders", async () => {
    await open();
    await kube.create(configMaps, { ...map("settings"), data: { color: "red", "motd.txt": "hello" } });
    const env = [
      { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      { name: "COLOR", valueFrom: { configMapKeyRef: { name: "settings", key: "color" } } },
      { name: "WORDS", value: "$(COLOR) $$(COLOR) $(UNKNOWN)" },
      { name: "PLACES", value: "/files/a:/usr/bin:/filesystem" },
    ];
    const volumeMounts = [{ name: "files", mountPath: "/files" }];
    const volumes = [{ name: "files", configMap: { name: "settings" } }];
    const script = 'echo "$IP|$COLOR|$WORDS|$PLACES|$(cat "$1/motd.txt")"; env | cut -d= -f1; exec sleep 60';
    const name = await create(
      podOf("", { env, volumeMounts, command: ["/bin/sh", "-c", script, "sh", "/files"] }, { volumes }),
    );
    const pod = await ready(name);
    await until(async () => (await output(name)).includes("PATH"));
    const [line = "", ...names] = (await output(name)).split("\n");
    const files = join(folder, "kubelet/pods", pod.metadata.uid ?? "", "volumes/files");
    expect(line).toBe(`${pod.status?.podIP}|red|red $(COLOR) $(UNKNOWN)|${files}/a:/usr/bin:/filesystem|hello`);
    const own = ["IP", "COLOR", "WORDS", "PLACES", "PATH", "LANG", "TERM", "HOSTNAME", "PWD", "SHLVL", "_", ""];
    expect(names.filter((found) => !own.includes(found) && !found.startsWith("COCALC_"))).toEqual([]);
  });

  test("a config map that is missing is waited for", async () => {
    await open();
    const envFrom = [{ configMapRef: { name: "later" } }];
    const name = await create(podOf("echo $late; exec sleep 60", { envFrom }));
    await until(async () => (await container(name))?.state?.waiting?.reason === "CreateContainerConfigError");
    await kube.create(configMaps, { ...map("later"), data: { late: "but here" } });
    await until(async () => (await output(name)) === "but here\n");
  });

  test("init containers run one after another before the others", async () => {
    await open();
    const share = { image: IMAGE, volumeMounts: [{ name: "share", mountPath: "/share" }] };
    const step = (name: string, script: string) => ({
      name,
      command: ["/bin/sh", "-c", script, "sh", "/share"],
      ...share,
    });
    const initContainers = [step("one", "echo one > $1/order"), step("two", "echo two >> $1/order")];
    const volumes = [{ name: "share", emptyDir: {} }];
    const main = { ...step("main", "cat $1/order; exec sleep 60") };
    const name = await create(podOf("", main, { initContainers, volumes }));
    await until(async () => (await output(name)) === "one\ntwo\n");
    // A program may say its first words before the status that tells of it is written, here as in any cluster.
    await until(async () => condition(await get(name), "Initialized")?.status === "True");
  });

  test("a container whose environment is larger than Linux takes was left waiting for ever: it ends with the reason", async () => {
    await open();
    const name = await create(podOf("exec sleep 600", { env: [{ name: "LARGE", value: "x".repeat(200_000) }] }));
    const ended = await until(async () => {
      const status = await container(name);
      return status?.state?.terminated ?? status?.lastState?.terminated;
    });
    expect(ended).toMatchObject({ exitCode: 128, reason: "StartError", message: expect.stringMatching(/E2BIG/) });
  });

  test("a program that is not there: StartError, restarted with back-off", async () => {
    await open();
    const name = await create(podOf("", { command: ["no-such-program"] }));
    const state = await until(async () => {
      const status = await container(name);
      return status?.lastState?.terminated;
    });
    expect(state).toMatchObject({ exitCode: 128, reason: "StartError" });
  });
});

describe("probes", () => {
  /** Answers 200 while the file `well` is in its folder, else 500. */
  const server = `const fs = require("node:fs"); setTimeout(() => require("node:http").createServer((q, r) => { r.statusCode = fs.existsSync("well") ? 200 : 500; r.end(); }).listen(8000, process.env.COCALC_POD_IP), 150)`;
  const probed = (probes: object, script = "touch well; ") =>
    podOf(
      `cd "$1"; ${script} exec "${process.execPath}" -e '${server}'`,
      {
        command: ["/bin/sh", "-c", `cd "$1"; ${script} exec "${process.execPath}" -e '${server}'`, "sh", "/here"],
        volumeMounts: [{ name: "here", mountPath: "/here" }],
        ports: [{ name: "http", containerPort: 8000 }],
        ...probes,
      },
      { volumes: [{ name: "here", emptyDir: {} }] },
    );
  const httpGet = { path: "/", port: "http" };
  const wellOf = (pod: Pod) => join(folder, "kubelet/pods", pod.metadata.uid ?? "", "volumes/here/well");

  test("ready at once when it answers, however long the period; unready when it fails", async () => {
    await open();
    const name = await create(probed({ readinessProbe: { httpGet, periodSeconds: 3_600 } }));
    await ready(name);
    const failing = await create(probed({ readinessProbe: { httpGet, periodSeconds: 1, failureThreshold: 1 } }));
    const pod = await ready(failing);
    await rm(wellOf(pod));
    await until(async () => condition(await get(failing), "Ready")?.status === "False");
    expect(await reasons(failing)).toContain("Unhealthy");
    expect((await container(failing))?.restartCount).toBe(0);
  });

  test("a liveness probe that fails restarts the container", async () => {
    await open();
    const name = await create(
      probed({ livenessProbe: { httpGet, periodSeconds: 1, failureThreshold: 1, initialDelaySeconds: 1 } }, ""),
    );
    await until(async () => ((await container(name))?.restartCount ?? 0) > 0);
    expect(await reasons(name)).toEqual(expect.arrayContaining(["Unhealthy", "Killing"]));
  });

  test("exec and tcp probes; a startup probe holds the others back", async () => {
    await open();
    const exec = { command: ["/bin/sh", "-c", 'test -e "$1/well"', "sh", "/here"] };
    const name = await create(
      probed(
        { startupProbe: { exec, periodSeconds: 1 }, readinessProbe: { tcpSocket: { port: 8000 }, periodSeconds: 1 } },
        "",
      ),
    );
    const pod = await until(async () => ((await container(name))?.state?.running ? get(name) : undefined));
    expect((await container(name))?.started).toBe(false);
    await writeFile(wellOf(pod), "");
    await ready(name);
    expect((await container(name))?.started).toBe(true);
  });
});

describe("ends", () => {
  test("too much memory: OOMKilled with 137", async () => {
    await open();
    const script = `exec "${process.execPath}" -e 'const keep = []; setInterval(() => keep.push(Buffer.alloc(8e6, 1)), 5)'`;
    const name = await create(
      podOf(script, { resources: { limits: { memory: "200Mi" } } }, { restartPolicy: "Never" }),
    );
    const state = await until(async () => (await container(name))?.state?.terminated);
    expect(state).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
  });

  test("too much memory where single processes are killed: the largest, and the container goes on and is told", async () => {
    await open({ oomKills: "process" });
    const hog = "const keep = []; setInterval(() => keep.push(Buffer.alloc(8e6, 1)), 5)";
    const script = `"${process.execPath}" -e '${hog}'; while ! grep -q 'oom_kill 1' "$COCALC_CGROUPS/memory.events"; do sleep 0.1; done; exit 7`;
    const name = await create(
      podOf(script, { resources: { limits: { memory: "200Mi" } } }, { restartPolicy: "Never" }),
    );
    const state = await until(async () => (await container(name))?.state?.terminated);
    expect(state).toMatchObject({ exitCode: 7, reason: "Error" });
  });

  test("too much memory in its first process: OOMKilled, also where single processes are killed", async () => {
    await open({ oomKills: "process" });
    const script = `exec "${process.execPath}" -e 'const keep = []; setInterval(() => keep.push(Buffer.alloc(8e6, 1)), 5)'`;
    const name = await create(
      podOf(script, { resources: { limits: { memory: "200Mi" } } }, { restartPolicy: "Never" }),
    );
    const state = await until(async () => (await container(name))?.state?.terminated);
    expect(state).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
  });

  const WAYS = [
    ["in a session of its own", "setsid TELL &"],
    ["under nohup", "nohup TELL &"],
    ["without a variable", "env -i /bin/sh TELL &"],
    ["after a double fork without a variable", "setsid sh -c 'env -i setsid /bin/sh TELL & exit' &"],
  ] as const;

  /** A program that writes its pid into a file and stays, with no file open. */
  async function staying(): Promise<{ tell: string; pid: () => Promise<number> }> {
    const [tell, pidFile] = [join(folder, "tell"), join(folder, "pid")];
    await writeFile(tell, `#!/bin/sh\necho $$ > ${pidFile}\nexec /bin/sleep 600 <&- >&- 2>&-\n`, { mode: 0o700 });
    const read = async () => Number(await readFile(pidFile, "utf8").catch(() => "")) || undefined;
    return { tell, pid: () => until(read) };
  }

  async function deleteAndWait(name: string): Promise<void> {
    await kube.delete(pods, name, { gracePeriodSeconds: 1 });
    await until(async () => (await get(name).catch(() => "gone")) === "gone");
  }

  test.each(WAYS)("a process that went on %s outlives its pod", async (_how, script) => {
    await open();
    const { tell, pid } = await staying();
    const name = await create(podOf(`${script.replace("TELL", tell)} exec sleep 600`));
    const detached = await pid();
    expect(await identify(detached)).toBeDefined();
    await deleteAndWait(name);
    expect(await identify(detached)).toBeUndefined();
  });

  test("what an exec probe leaves behind outlives the pod", async () => {
    await open();
    const { tell, pid } = await staying();
    const exec = { command: ["/bin/sh", "-c", `setsid ${tell} > /dev/null 2>&1 &`] };
    const name = await create(podOf("exec sleep 600", { readinessProbe: { exec, periodSeconds: 60 } }));
    await ready(name);
    const detached = await pid();
    await deleteAndWait(name);
    expect(await identify(detached)).toBeUndefined();
  });

  test("the memory of a process that lost session, parent and variables is not counted", async () => {
    await open();
    const greedy = "const keep = []; setInterval(() => keep.push(Buffer.alloc(8e6, 1)), 5)";
    const script = `setsid sh -c "env -i '${process.execPath}' -e '${greedy}' &"; exec sleep 600`;
    const name = await create(
      podOf(script, { resources: { limits: { memory: "200Mi" } } }, { restartPolicy: "Never" }),
    );
    const state = await until(async () => (await container(name))?.state?.terminated);
    expect(state).toMatchObject({ reason: "OOMKilled" });
  });

  test("a pod that is removed by force is killed at once", async () => {
    await open();
    const name = await create(podOf("trap '' TERM; echo $$$$; while :; do sleep 0.1; done"));
    const pid = await toldPid(name);
    await kube.delete(pods, name, { gracePeriodSeconds: 0 });
    await until(async () => (await identify(pid)) === undefined);
  });

  test("what a killed instance has left running is ended by the next", async () => {
    const script = join(folder, "instance.ts");
    const source = (path: string) => JSON.stringify(new URL(`../../../src/${path}`, import.meta.url).href);
    await writeFile(
      script,
      `import { Life } from ${source("core/life.ts")};
import { openLog } from ${source("core/log.ts")};
import { openKubeApi } from ${source("local/kube-api/kube-api.ts")};
import { openKubelet } from ${source("local/kubelet/kubelet.ts")};
import { podType } from ${source("local/kube-api/types.ts")};
import { Writes } from ${source("local/kube-api/writes.ts")};
const life = new Life("killed");
const log = openLog({ level: "silent" });
const api = await openKubeApi(life, { dataDir: process.argv[2] + "/api", namespace: "test", log });
const dirs = { dataDir: process.argv[2] + "/kubelet", claimsDir: process.argv[2] + "/volumes" };
await openKubelet(life, { api, ...dirs, images: new Map([["${IMAGE}", { command: [] }]]), log });
new Writes(api.store).create({ type: podType, namespace: "test" }, JSON.parse(process.argv[3]), { fieldManager: "test" });`,
    );
    const pod = podOf(`trap '' TERM HUP; echo $$$$ > ${folder}/pid; while :; do sleep 0.1; done`);
    const instance = spawn(process.execPath, [script, folder, JSON.stringify(pod)], { stdio: "inherit" });
    const pid = Number(await until(() => readFile(join(folder, "pid"), "utf8").catch(() => undefined)));
    signalProcess(instance.pid ?? 0, "SIGKILL");
    await once(instance, "exit");
    expect(await identify(pid)).toBeDefined();
    await open();
    expect(await identify(pid)).toBeUndefined();
    expect((await kube.list(pods)).items).toEqual([]);
  });
});

function map(name: string) {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name } };
}
