/** Contract: what a kubelet tells of pods that run: phases, conditions, exit codes, logs, and grace when they are deleted. */

import { describe, expect, test } from "@jest/globals";
import { events, nodes, pods } from "../../src/kube/resources.ts";
import type { ContainerState, Pod } from "../../src/kube/types.ts";
import { until } from "../helpers/until.ts";
import { type Subject, shellPod, uniqueName } from "./target.ts";

const WAIT = { timeoutMs: 60_000, everyMs: 50 };

export function describeRunningPods(subject: () => Subject, { image }: { image: string }): void {
  const start = async (script: string, change: (pod: Pod) => void = () => {}) => {
    const pod = shellPod(uniqueName("shell"), { image, script });
    change(pod);
    await subject().kube.create(pods, pod);
    return pod.metadata.name;
  };
  const pod = (name: string) => subject().kube.get(pods, name);
  const inPhase = (name: string, phase: string) =>
    until(async () => {
      const now = await pod(name);
      return now.status?.phase === phase && now;
    }, WAIT);
  const stateOf = (of: Pod): ContainerState => of.status?.containerStatuses?.[0]?.state ?? {};
  const remove = (name: string) => subject().kube.delete(pods, name, { gracePeriodSeconds: 0 });

  describe("a pod that runs", () => {
    test("is placed, runs, is Ready and has an address", async () => {
      const name = await start("echo here; exec sleep 600");
      const running = await until(async () => {
        const now = await pod(name);
        return now.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") && now;
      }, WAIT);
      expect(running.spec.nodeName).toBeTruthy();
      expect(running.status).toMatchObject({ phase: "Running", podIP: expect.stringMatching(/^\d+(\.\d+){3}$/) });
      const conditions = running.status?.conditions?.filter(({ status }) => status === "True").map(({ type }) => type);
      expect(conditions).toEqual(expect.arrayContaining(["PodScheduled", "Initialized", "ContainersReady", "Ready"]));
      expect(running.status?.containerStatuses).toMatchObject([
        { name: "main", ready: true, restartCount: 0, state: { running: { startedAt: expect.any(String) } } },
      ]);
      await remove(name);
    }, 90_000);

    test("that ends well has Succeeded, else Failed with its exit code", async () => {
      const [well, badly] = await Promise.all([start("exit 0"), start("exit 3")]);
      expect(stateOf(await inPhase(well, "Succeeded")).terminated).toMatchObject({ exitCode: 0, reason: "Completed" });
      expect(stateOf(await inPhase(badly, "Failed")).terminated).toMatchObject({ exitCode: 3, reason: "Error" });
      await Promise.all([remove(well), remove(badly)]);
    }, 90_000);

    test("that must run always is started again, and its count and last end are told", async () => {
      const name = await start("echo once; exit 7", ({ spec }) => {
        spec.restartPolicy = "Always";
      });
      // That it waits is awaited: a container that has just ended for the second time has no last state yet.
      const again = await until(async () => {
        const status = (await pod(name)).status?.containerStatuses?.[0];
        return status && status.restartCount > 0 && status.state?.waiting && status;
      }, WAIT);
      expect(again.state?.waiting?.reason).toBe("CrashLoopBackOff");
      expect(again.lastState?.terminated).toMatchObject({ exitCode: 7 });
      expect(await subject().kube.podLog(name, { previous: true })).toBe("once\n");
      await remove(name);
    }, 120_000);

    test("has a log, whole and by its last lines, while it runs and after", async () => {
      const { kube } = subject();
      const name = await start("for i in 1 2 3 4 5; do echo line $i; done; echo wrong >&2");
      await inPhase(name, "Succeeded");
      const all = await kube.podLog(name);
      expect(all.split("\n").filter((line) => line.startsWith("line"))).toHaveLength(5);
      expect(all).toContain("wrong\n");
      const last = await kube.podLog(name, { tailLines: 2, container: "main" });
      expect(last.trimEnd().split("\n")).toHaveLength(2);
      await expect(kube.podLog(name, { container: "other" })).rejects.toMatchObject({ code: "invalid" });
      await expect(kube.podLog(uniqueName("absent"))).rejects.toMatchObject({ code: "not_found" });
      await remove(name);
    }, 90_000);

    test("that is deleted is told to end, has its grace, and is gone then", async () => {
      const { kube } = subject();
      const name = await start("trap 'echo saving; sleep 1; exit 0' TERM; echo ready; while :; do sleep 0.1; done");
      await until(async () => (await kube.podLog(name).catch(() => "")).includes("ready"), WAIT);
      await kube.delete(pods, name, { gracePeriodSeconds: 20 });
      const ending = await pod(name);
      expect(ending.metadata.deletionGracePeriodSeconds).toBe(20);
      expect(await until(async () => (await kube.podLog(name)).includes("saving"), WAIT)).toBe(true);
      const startedAt = Date.now();
      await until(async () => (await pod(name).catch(() => "gone")) === "gone", WAIT);
      expect(Date.now() - startedAt).toBeLessThan(15_000);
    }, 90_000);

    test("that does not heed the signal is killed after its grace", async () => {
      const { kube } = subject();
      const name = await start("trap '' TERM; echo ready; while :; do sleep 0.1; done");
      await until(async () => (await kube.podLog(name).catch(() => "")).includes("ready"), WAIT);
      await kube.delete(pods, name, { gracePeriodSeconds: 2 });
      await until(async () => (await pod(name).catch(() => "gone")) === "gone", WAIT);
    }, 90_000);

    test("with a uid that is another's is not deleted and runs on", async () => {
      const { kube } = subject();
      const name = await start("exec sleep 600");
      await inPhase(name, "Running");
      const wrong = kube.delete(pods, name, { uid: "00000000-0000-4000-8000-000000000000" });
      await expect(wrong).rejects.toMatchObject({ code: "conflict" });
      expect((await pod(name)).metadata.deletionTimestamp).toBeUndefined();
      await remove(name);
    }, 90_000);
  });

  describe("what a running pod tells besides", () => {
    test("its node is Ready and says what it can give", async () => {
      const { kube } = subject();
      const name = await start("exec sleep 600");
      const { spec } = await inPhase(name, "Running");
      const { items } = await kube.list(nodes);
      const node = items.find(({ metadata }) => metadata.name === spec.nodeName);
      expect(node?.status?.conditions).toContainEqual(expect.objectContaining({ type: "Ready", status: "True" }));
      expect(node?.status?.allocatable).toMatchObject({
        cpu: expect.stringMatching(/^\d+m?$/),
        memory: expect.stringMatching(/^\d+(Ki|Mi|Gi)?$/),
        pods: expect.stringMatching(/^\d+$/),
      });
      await remove(name);
    }, 90_000);

    test("events say that it was placed and started", async () => {
      const { kube } = subject();
      const name = await start("exec sleep 600");
      const { metadata } = await inPhase(name, "Running");
      const fieldSelector = `involvedObject.uid=${metadata.uid}`;
      const reasons = await until(async () => {
        const { items } = await kube.list(events, { fieldSelector });
        const found = items.map(({ reason }) => reason);
        return found.includes("Started") && found;
      }, WAIT);
      expect(reasons).toEqual(expect.arrayContaining(["Scheduled", "Created", "Started"]));
      await remove(name);
    }, 90_000);

    test("it is Ready when its probe says so, and not before", async () => {
      const file = `/tmp/${uniqueName("ready")}`;
      const name = await start(
        `trap 'rm -f ${file}; exit 0' TERM; sleep 3; touch ${file}; while :; do sleep 0.1; done`,
        (made) => {
          for (const container of made.spec.containers) {
            container.readinessProbe = { exec: { command: ["test", "-f", file] }, periodSeconds: 1 };
          }
        },
      );
      const ready = (of: Pod) => of.status?.conditions?.find(({ type }) => type === "Ready")?.status;
      expect(ready(await inPhase(name, "Running"))).toBe("False");
      await until(async () => ready(await pod(name)) === "True", WAIT);
      await subject().kube.delete(pods, name, { gracePeriodSeconds: 5 });
    }, 90_000);
  });

  describe("a pod that cannot run", () => {
    const waitingReason = (name: string, reasons: string[]) =>
      until(async () => {
        const { waiting } = stateOf(await pod(name));
        return waiting?.reason !== undefined && reasons.includes(waiting.reason) && waiting;
      }, WAIT);

    test("because its image is not there: the waiting container says so", async () => {
      const [never, pulled] = await Promise.all([
        start("exit 0", ({ spec }) => {
          for (const container of spec.containers) {
            Object.assign(container, { image: "localhost/no-such-image:1", imagePullPolicy: "Never" });
          }
        }),
        start("exit 0", ({ spec }) => {
          for (const container of spec.containers) container.image = "localhost/no-such-image:2";
        }),
      ]);
      expect((await waitingReason(never, ["ErrImageNeverPull"])).message).toContain("localhost/no-such-image:1");
      const { message } = await waitingReason(pulled, ["ErrImagePull", "ImagePullBackOff"]);
      expect(message).toContain("localhost/no-such-image:2");
      await Promise.all([remove(never), remove(pulled)]);
    }, 120_000);

    test("because it took more memory than its limit: OOMKilled, exit code 137", async () => {
      // It keeps what it took: a kubelet may look only now and then.
      const script = "a=$(head -c 150000000 /dev/zero | tr '\\0' x); while :; do sleep 0.1; done";
      const name = await start(script, ({ spec }) => {
        for (const container of spec.containers) container.resources = { limits: { memory: "48Mi", cpu: "1" } };
      });
      const { terminated } = stateOf(await inPhase(name, "Failed"));
      expect(terminated).toMatchObject({ reason: "OOMKilled", exitCode: 137 });
      await remove(name);
    }, 90_000);

    test("because its volume claim is not there: Unschedulable, and the claim is named", async () => {
      const claimName = uniqueName("claim");
      const name = await start("exit 0", ({ spec }) => {
        spec.volumes = [{ name: "home", persistentVolumeClaim: { claimName } }];
      });
      const condition = await until(async () => {
        const scheduled = (await pod(name)).status?.conditions?.find(({ type }) => type === "PodScheduled");
        return scheduled?.status === "False" && scheduled;
      }, WAIT);
      expect(condition).toMatchObject({ reason: "Unschedulable", message: expect.stringContaining(claimName) });
      await remove(name);
    }, 90_000);

    test("because no node fits: Unschedulable, in words", async () => {
      const name = await start("exit 0", ({ spec }) => {
        for (const container of spec.containers) container.resources = { requests: { cpu: "5000" } };
      });
      const condition = await until(async () => {
        const scheduled = (await pod(name)).status?.conditions?.find(({ type }) => type === "PodScheduled");
        return scheduled?.status === "False" && scheduled;
      }, WAIT);
      expect(condition).toMatchObject({ reason: "Unschedulable", message: expect.stringMatching(/Insufficient cpu/) });
      await remove(name);
    }, 90_000);
  });
}
