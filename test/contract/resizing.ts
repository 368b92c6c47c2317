/** Contract: other amounts of cpu and memory for a pod that runs, what becomes of them, and why they are not to be had. */

import { describe, expect, test } from "@jest/globals";
import { events, pods } from "../../src/kube/resources.ts";
import type { ContainerResources, Pod, PodCondition } from "../../src/kube/types.ts";
import { until } from "../helpers/until.ts";
import { type Subject, shellPod, uniqueName } from "./target.ts";

const WAIT = { timeoutMs: 120_000, everyMs: 100 };
const RESOURCES = { limits: { cpu: "500m", memory: "200Mi" }, requests: { cpu: "50m", memory: "64Mi" } };

export function describeResizing(subject: () => Subject, { image }: { image: string }): void {
  const running = async (script: string, nodeName?: string): Promise<Pod> => {
    const pod = shellPod(uniqueName("resized"), { image, script });
    for (const container of pod.spec.containers) container.resources = RESOURCES;
    if (nodeName !== undefined) pod.spec.nodeName = nodeName;
    await subject().kube.create(pods, pod);
    return untilPod(pod, ({ status }) => status?.phase === "Running");
  };
  const untilPod = ({ metadata }: Pod, isSo: (pod: Pod) => boolean) =>
    until(async () => {
      const now = await subject().kube.get(pods, metadata.name);
      return isSo(now) && now;
    }, WAIT);
  const resize = ({ metadata }: Pod, resources: ContainerResources, uid = metadata.uid ?? "") =>
    subject().kube.resizePod(metadata.name, { uid, containers: [{ name: "main", resources }] });
  const remove = ({ metadata }: Pod) => subject().kube.delete(pods, metadata.name, { gracePeriodSeconds: 0 });

  describe("a pod that is resized", () => {
    test("has the new amounts without a restart, says so, and keeps what was not named", async () => {
      const pod = await running("exec sleep 600");
      const asked = await resize(pod, { limits: { cpu: "800m", memory: "300Mi" }, requests: { cpu: "60m" } });
      expect(asked.metadata.generation).toBe((pod.metadata.generation ?? 0) + 1);
      expect(asked.spec.containers[0]?.command).toEqual(pod.spec.containers[0]?.command);
      const wanted = { limits: { cpu: "800m", memory: "300Mi" }, requests: { cpu: "60m", memory: "64Mi" } };
      expect(asked.spec.containers[0]?.resources).toEqual(wanted);
      const done = await untilPod(pod, (now) => resourcesOf(now)?.limits?.memory === "300Mi");
      expect(resourcesOf(done)).toEqual(wanted);
      expect(done.status?.containerStatuses?.[0]).toMatchObject({ restartCount: 0, state: { running: {} } });
      const quiet = await untilPod(pod, (now) => conditions(now).length === 0);
      expect(quiet.status?.observedGeneration).toBe(asked.metadata.generation);
      const fieldSelector = `involvedObject.uid=${pod.metadata.uid},reason=ResizeCompleted`;
      await until(async () => (await subject().kube.list(events, { fieldSelector })).items.length > 0, WAIT);
      await remove(pod);
    }, 180_000);

    test("to what it has already is left as it is", async () => {
      const pod = await running("exec sleep 600");
      const asked = await resize(pod, RESOURCES);
      expect(asked.metadata.generation).toBe(pod.metadata.generation);
      await remove(pod);
    }, 180_000);

    test("to a memory limit below what it uses is not, says so, and is well again when that is taken back", async () => {
      const pod = await running("a=$(head -c 60000000 /dev/zero | tr '\\0' x); echo full; while :; do sleep 0.1; done");
      await until(async () => (await subject().kube.podLog(pod.metadata.name)).includes("full"), WAIT);
      await resize(pod, { limits: { cpu: "500m", memory: "40Mi" }, requests: { memory: "30Mi" } });
      const refused = await untilPod(pod, (now) => condition(now, "PodResizeInProgress")?.reason === "Error");
      const { message } = condition(refused, "PodResizeInProgress") ?? {};
      expect(message).toMatch(/memory limit \(41943040\) below current usage \(\d+\)/);
      expect(resourcesOf(refused)).toEqual(RESOURCES);
      await resize(pod, RESOURCES);
      const well = await untilPod(pod, (now) => conditions(now).length === 0);
      expect(resourcesOf(well)).toEqual(RESOURCES);
      expect(well.status?.containerStatuses?.[0]?.restartCount).toBe(0);
      await remove(pod);
    }, 180_000);

    test("to more than its node has is Infeasible; what it has stays", async () => {
      const pod = await running("exec sleep 600");
      await resize(pod, { limits: { cpu: "5000" }, requests: { cpu: "5000" } });
      const told = await untilPod(pod, (now) => condition(now, "PodResizePending") !== undefined);
      expect(condition(told, "PodResizePending")).toMatchObject({ status: "True", reason: "Infeasible" });
      expect(condition(told, "PodResizePending")?.message).toMatch(/cpu, requested: 5000000, capacity: \d+/);
      expect(resourcesOf(told)).toEqual(RESOURCES);
      await resize(pod, RESOURCES);
      await untilPod(pod, (now) => conditions(now).length === 0);
      await remove(pod);
    }, 180_000);

    test("to what its node has, but others have asked for, is Deferred", async () => {
      const pod = await running("exec sleep 600");
      const node = await subject().wire.send("GET", `/api/v1/nodes/${pod.spec.nodeName}`);
      const { cpu = "" } = (node.body.status?.allocatable ?? {}) as { cpu?: string }; // as a node has it
      const whole = cpu.endsWith("m") ? Number.parseInt(cpu, 10) : Number(cpu) * 1_000;
      const other = await running("exec sleep 600", pod.spec.nodeName);
      const resources = { limits: { cpu: `${whole}m` }, requests: { cpu: `${whole}m` } };
      await resize(pod, resources);
      const told = await untilPod(pod, (now) => condition(now, "PodResizePending") !== undefined);
      expect(condition(told, "PodResizePending")).toMatchObject({ status: "True", reason: "Deferred" });
      expect(condition(told, "PodResizePending")?.message).toMatch(/enough resource: cpu/);
      await resize(pod, RESOURCES);
      await untilPod(pod, (now) => conditions(now).length === 0);
      await Promise.all([remove(pod), remove(other)]);
    }, 180_000);
  });

  describe("a resize is refused", () => {
    test("that would make the pod one of another class of service", async () => {
      const pod = await running("exec sleep 600");
      const error = resize(pod, { requests: RESOURCES.limits });
      await expect(error).rejects.toMatchObject({ code: "invalid", message: expect.stringMatching(/QOS Class/) });
      await remove(pod);
    }, 180_000);

    test("that asks for more than the limit", async () => {
      const pod = await running("exec sleep 600");
      const error = resize(pod, { requests: { memory: "300Mi" } });
      await expect(error).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringMatching(/less than or equal/),
      });
      await remove(pod);
    }, 180_000);

    test("of another pod of that name, of another container, and of what is not there", async () => {
      const { kube } = subject();
      const pod = await running("exec sleep 600");
      const { name, uid = "" } = pod.metadata;
      const another = resize(pod, RESOURCES, "00000000-0000-4000-8000-000000000000");
      await expect(another).rejects.toMatchObject({ code: expect.stringMatching(/^(conflict|invalid)$/) });
      const stranger = kube.resizePod(name, { uid, containers: [{ name: "other", resources: RESOURCES }] });
      await expect(stranger).rejects.toMatchObject({ code: "invalid" });
      const absent = kube.resizePod(uniqueName("absent"), {
        uid,
        containers: [{ name: "main", resources: RESOURCES }],
      });
      await expect(absent).rejects.toMatchObject({ code: "not_found" });
      await remove(pod);
    }, 180_000);
  });
}

const RESIZE_CONDITIONS = ["PodResizePending", "PodResizeInProgress"];

function conditions({ status }: Pod): PodCondition[] {
  return (status?.conditions ?? []).filter(({ type }) => RESIZE_CONDITIONS.includes(type));
}

function condition(pod: Pod, type: string): PodCondition | undefined {
  return conditions(pod).find((one) => one.type === type);
}

/** What the container has, by its node's word. */
function resourcesOf({ status }: Pod): ContainerResources | undefined {
  return status?.containerStatuses?.[0]?.resources;
}
