/** Contract: lists, label and field selectors, and pages. */

import { describe, expect, test } from "@jest/globals";
import { configMaps, events, pods } from "../../src/kube/resources.ts";
import { until } from "../helpers/until.ts";
import { type ContractFeatures, type Subject, uniqueName, waitingPod } from "./target.ts";
import type { WireBody } from "./wire.ts";

export function describeSelection(subject: () => Subject, { versionsKeptSeconds }: ContractFeatures): void {
  const namesOf = async (labelSelector: string, prefix: string) => {
    const { items } = await subject().kube.list(pods, { labelSelector });
    return items.map(({ metadata }) => metadata.name.replace(`${prefix}-`, "")).sort();
  };

  /** Three pods: one with color=red and size=1, one with color=blue, one with neither. */
  const threePods = async () => {
    const set = uniqueName("set");
    await Promise.all([
      subject().kube.create(pods, waitingPod(`${set}-red`, { set, color: "red", size: "1" })),
      subject().kube.create(pods, waitingPod(`${set}-blue`, { set, color: "blue" })),
      subject().kube.create(pods, waitingPod(`${set}-none`, { set })),
    ]);
    return set;
  };

  describe("selectors", () => {
    test("labels: equal, unequal, in, notin, there, not there, and several at once", async () => {
      const set = await threePods();
      const select = (selector: string) => namesOf(`set=${set}${selector}`, set);
      expect(await select("")).toEqual(["blue", "none", "red"]);
      expect(await select(",color=red")).toEqual(["red"]);
      expect(await select(",color==red")).toEqual(["red"]);
      expect(await select(",color!=red")).toEqual(["blue", "none"]);
      expect(await select(",color in (red,blue)")).toEqual(["blue", "red"]);
      expect(await select(",color notin (red)")).toEqual(["blue", "none"]);
      expect(await select(",color")).toEqual(["blue", "red"]);
      expect(await select(",!color")).toEqual(["none"]);
      expect(await select(",color,size=1")).toEqual(["red"]);
    });

    test("a selector that cannot be read is refused", async () => {
      await expect(subject().kube.list(pods, { labelSelector: "a in (" })).rejects.toMatchObject({ code: "invalid" });
      await expect(subject().kube.list(pods, { fieldSelector: "spec.nonsense=1" })).rejects.toMatchObject({
        code: "invalid",
      });
    });

    test("fields of pods: name, node and phase", async () => {
      const { kube } = subject();
      const set = await threePods();
      const pod = waitingPod(`${set}-placed`, { set });
      await kube.create(pods, { ...pod, spec: { ...pod.spec, nodeName: "no-such-node" } });
      const select = async (fieldSelector: string) => {
        const { items } = await kube.list(pods, { labelSelector: `set=${set}`, fieldSelector });
        return items.map(({ metadata }) => metadata.name).sort();
      };
      expect(await select(`metadata.name=${set}-red`)).toEqual([`${set}-red`]);
      expect(await select("spec.nodeName=no-such-node")).toEqual([`${set}-placed`]);
      expect(await select("spec.nodeName=")).toEqual([`${set}-blue`, `${set}-none`, `${set}-red`]);
      expect(await select("status.phase=Pending,spec.nodeName!=no-such-node")).toHaveLength(3);
      expect(await select("status.phase!=Pending")).toEqual([]);
      await kube.delete(pods, `${set}-placed`, { gracePeriodSeconds: 0 });
    });

    test("events are found by the object they are about", async () => {
      const { kube, namespace } = subject();
      const { metadata } = await kube.create(pods, waitingPod(uniqueName("told")));
      const name = uniqueName("event");
      const involvedObject = { kind: "Pod", namespace, name: metadata.name, uid: metadata.uid ?? "" };
      await kube.create(events, {
        apiVersion: "v1",
        kind: "Event",
        metadata: { name },
        involvedObject,
        reason: "Testing",
        message: "A test says so.",
        type: "Normal",
      });
      const about = (selector: string) => kube.list(events, { fieldSelector: selector });
      const found = await about(`involvedObject.kind=Pod,involvedObject.uid=${metadata.uid},reason=Testing`);
      expect(found.items).toMatchObject([
        { kind: "Event", metadata: { name }, reason: "Testing", message: "A test says so." },
      ]);
      expect((await about(`involvedObject.name=${metadata.name},type=Warning,reason=Testing`)).items).toEqual([]);
      expect((await about(`involvedObject.name=${uniqueName("other")}`)).items).toEqual([]);
    });
  });

  describe("pages", () => {
    /** Seven config maps of one label. */
    const sevenMaps = async () => {
      const set = uniqueName("pages");
      const names = Array.from({ length: 7 }, (_, i) => `${set}-${i}`);
      await Promise.all(names.map((name) => makeMap(name, set)));
      return { set, names };
    };
    const makeMap = (name: string, set: string) =>
      subject().kube.create(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels: { set } } });
    const page = async (query: Record<string, string>) =>
      await subject().wire.send("GET", subject().path("configmaps"), { query });

    test("a list is read in pages, each object once, all of one version", async () => {
      const { set, names } = await sevenMaps();
      const seen: WireBody[] = [];
      const versions = new Set<string>();
      let next: string | undefined;
      do {
        const { status, body } = await page({
          labelSelector: `set=${set}`,
          limit: "3",
          ...(next && { continue: next }),
        });
        expect(status).toBe(200);
        expect(body.items.length).toBeLessThanOrEqual(3);
        seen.push(...body.items);
        versions.add(body.metadata.resourceVersion);
        next = body.metadata.continue;
      } while (next);
      expect(seen.map(({ metadata }) => metadata.name).sort()).toEqual(names);
      expect(versions.size).toBe(1);
    });

    test("what is created between two pages is in the list or in the watch from its version", async () => {
      const { wire, path } = subject();
      const { set } = await sevenMaps();
      const first = await page({ labelSelector: `set=${set}`, limit: "3" });
      await makeMap(`${set}-9`, set);
      const rest = await page({
        labelSelector: `set=${set}`,
        continue: first.body.metadata.continue ?? "",
        limit: "500",
      });
      const listed = rest.body.items.map(({ metadata }) => metadata.name);
      const watch = await wire.watch(path("configmaps"), {
        labelSelector: `set=${set}`,
        resourceVersion: first.body.metadata.resourceVersion,
      });
      const seen = await until(() => {
        const watched = watch.events.map(({ object }) => object.metadata.name);
        return [...listed, ...watched].includes(`${set}-9`) && [...listed, ...watched];
      });
      expect(seen.filter((name) => name === `${set}-9`)).toHaveLength(1);
      watch.close();
    });

    test("our client reads all pages, and gives items their kind", async () => {
      const { set, names } = await sevenMaps();
      const { items, metadata } = await subject().kube.list(configMaps, { labelSelector: `set=${set}` });
      expect(items.map((item) => item.metadata.name).sort()).toEqual(names);
      expect(items[0]).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
      expect(metadata.resourceVersion).toMatch(/^\d+$/);
    });

    test("a list that may be of some moments ago is at least as new as the version that is asked for", async () => {
      const { kube, wire, path } = subject();
      const set = uniqueName("kept");
      const made = await kube.create(pods, waitingPod(`${set}-made`, { set }));
      const { resourceVersion = "" } = made.metadata;
      for (const version of ["0", resourceVersion]) {
        const query = { labelSelector: `set=${set}`, resourceVersion: version, resourceVersionMatch: "NotOlderThan" };
        const { status, body } = await wire.send("GET", path("pods"), { query });
        expect([status, body.kind]).toEqual([200, "PodList"]);
        if (version === "0") continue; // whatever it has
        expect(body.items.map(({ metadata }) => metadata.name)).toEqual([`${set}-made`]);
        expect(Number(body.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(resourceVersion));
      }
    });

    test("a continue that is nonsense is refused", async () => {
      expect((await page({ limit: "3", continue: "nonsense" })).status).toBe(400);
    });

    if (versionsKeptSeconds !== undefined) {
      test(
        "a continue whose version is forgotten is Expired",
        async () => {
          const { set } = await sevenMaps();
          const first = await page({ labelSelector: `set=${set}`, limit: "3" });
          let i = 0;
          const expired = await until(
            async () => {
              await makeMap(`${set}-later-${i++}`, set); // versions are only forgotten when others follow
              const answer = await page({ limit: "3", continue: first.body.metadata.continue ?? "" });
              return answer.status !== 200 && answer;
            },
            { timeoutMs: versionsKeptSeconds * 5_000 + 60_000, everyMs: 100 },
          );
          expect(expired).toMatchObject({ status: 410, body: { reason: "Expired", code: 410 } });
        },
        versionsKeptSeconds * 5_000 + 70_000,
      );
    }
  });
}
