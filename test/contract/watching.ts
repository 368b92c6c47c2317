/** Contract: watches from a version, selectors in a watch, bookmarks, time limits, and versions that are too old. */

import { describe, expect, test } from "@jest/globals";
import { configMaps, pods } from "../../src/kube/resources.ts";
import { until } from "../helpers/until.ts";
import { type Subject, uniqueName, waitingPod } from "./target.ts";
import type { OpenWatch } from "./wire.ts";

const told = ({ events }: OpenWatch) => events.filter(({ type }) => type !== "BOOKMARK");
const types = (watch: OpenWatch) => told(watch).map(({ type }) => type);

export function describeWatching(subject: () => Subject): void {
  /** A label of its own and the version of the list of what has it: nothing yet. */
  const emptySet = async () => {
    const set = uniqueName("watched");
    const labelSelector = `set=${set}`;
    const { metadata } = await subject().kube.list(pods, { labelSelector });
    return { set, labelSelector, resourceVersion: metadata.resourceVersion };
  };

  describe("watch", () => {
    test("from a version: everything after it, in order, whole objects, versions that grow", async () => {
      const { kube, wire, path } = subject();
      const { set, ...query } = await emptySet();
      const name = uniqueName("lived");
      await kube.create(pods, waitingPod(name, { set }));
      const watch = await wire.watch(path("pods"), query);
      expect(watch.status).toBe(200);
      await kube.patch(pods, name, { metadata: { labels: { a: "1" } } });
      await kube.delete(pods, name);
      await until(() => types(watch).includes("DELETED"));
      // A deletion may be told twice: that the pod is to go, and that it has gone.
      expect(types(watch).filter((type, i, all) => type !== all[i - 1])).toEqual(["ADDED", "MODIFIED", "DELETED"]);
      const objects = told(watch).map(({ object }) => object);
      expect(objects[1]).toMatchObject({ apiVersion: "v1", kind: "Pod", metadata: { name, labels: { set, a: "1" } } });
      const versions = objects.map(({ metadata }) => Number(metadata.resourceVersion));
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
      expect(new Set(versions).size).toBe(versions.length);
      watch.close();
    });

    test("from the last version seen it goes on without a gap and without a double", async () => {
      const { kube, wire, path } = subject();
      const { set, labelSelector, resourceVersion } = await emptySet();
      const names = Array.from({ length: 6 }, (_, i) => `${set}-${i}`);
      await Promise.all(names.slice(0, 3).map((name) => kube.create(pods, waitingPod(name, { set }))));
      const first = await wire.watch(path("pods"), { labelSelector, resourceVersion });
      await until(() => told(first).length === 3);
      first.close();
      await Promise.all(names.slice(3).map((name) => kube.create(pods, waitingPod(name, { set }))));
      const last = told(first).at(-1)?.object.metadata.resourceVersion ?? "";
      const second = await wire.watch(path("pods"), { labelSelector, resourceVersion: last });
      await until(() => told(second).length >= 3);
      const seen = [...told(first), ...told(second)].map(({ object }) => object.metadata.name);
      expect(seen.sort()).toEqual(names);
      second.close();
    });

    test("without a version it begins with what is there", async () => {
      const { kube, wire, path } = subject();
      const { set, labelSelector } = await emptySet();
      await kube.create(pods, waitingPod(`${set}-there`, { set }));
      const watch = await wire.watch(path("pods"), { labelSelector });
      await until(() => told(watch).length === 1);
      expect(types(watch)).toEqual(["ADDED"]);
      watch.close();
    });

    test("what begins to match its selector is ADDED, what ceases to is DELETED", async () => {
      const { kube, wire, path } = subject();
      const { set, ...query } = await emptySet();
      const name = uniqueName("changing");
      const watch = await wire.watch(path("pods"), query);
      await kube.create(pods, waitingPod(name));
      await kube.patch(pods, name, { metadata: { labels: { set } } });
      await kube.patch(pods, name, { metadata: { labels: { set: null } } });
      await until(() => types(watch).length >= 2);
      expect(types(watch)).toEqual(["ADDED", "DELETED"]);
      expect(told(watch).map(({ object }) => object.metadata.name)).toEqual([name, name]);
      watch.close();
    });

    test("of one object by name, and of other collections", async () => {
      const { kube, wire, path } = subject();
      const name = uniqueName("one");
      const { metadata } = await kube.list(configMaps);
      const watch = await wire.watch(path("configmaps"), {
        fieldSelector: `metadata.name=${name}`,
        resourceVersion: metadata.resourceVersion,
      });
      const map = (of: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: of }, data: { a: "1" } });
      await kube.create(configMaps, map(uniqueName("another")));
      await kube.create(configMaps, map(name));
      await until(() => told(watch).length > 0);
      expect(told(watch)).toMatchObject([{ type: "ADDED", object: { kind: "ConfigMap", metadata: { name } } }]);
      watch.close();
    });

    test("a pod on a node is MODIFIED when it is asked to go, and DELETED when it has gone", async () => {
      const { kube, wire, path } = subject();
      const { set, ...query } = await emptySet();
      const pod = waitingPod(`${set}-placed`, { set });
      await kube.create(pods, { ...pod, spec: { ...pod.spec, nodeName: "no-such-node" } });
      const watch = await wire.watch(path("pods"), query);
      await kube.delete(pods, `${set}-placed`, { gracePeriodSeconds: 20 });
      const leaving = await until(() => told(watch).find(({ object }) => object.metadata.deletionTimestamp));
      expect(leaving.type).toBe("MODIFIED");
      await kube.delete(pods, `${set}-placed`, { gracePeriodSeconds: 0 });
      await until(() => types(watch).includes("DELETED"));
      watch.close();
    });

    test("ends in good order after timeoutSeconds, having sent a bookmark if asked for", async () => {
      const { wire, path } = subject();
      const { labelSelector, resourceVersion } = await emptySet();
      const query = { labelSelector, resourceVersion, timeoutSeconds: "4" };
      const plain = await wire.watch(path("pods"), query);
      const marked = await wire.watch(path("pods"), { ...query, allowWatchBookmarks: "true" });
      await subject().kube.create(pods, waitingPod(uniqueName("elsewhere"))); // moves the version on
      await Promise.all([plain.ended, marked.ended]);
      expect(plain.events).toEqual([]);
      const bookmarks = marked.events.filter(({ type }) => type === "BOOKMARK");
      expect(bookmarks.length).toBeGreaterThan(0);
      const version = bookmarks.at(-1)?.object.metadata.resourceVersion ?? "";
      expect(Number(version)).toBeGreaterThan(Number(resourceVersion));
      const next = await wire.watch(path("pods"), { labelSelector, resourceVersion: version, timeoutSeconds: "1" });
      await next.ended;
      expect(next.events).toEqual([]);
    }, 30_000);

    test("from a version that is too old: 410, as an event or as a status", async () => {
      const { wire, path } = subject();
      // Events, because a real server keeps all of the others that it has seen since it started.
      const codeOf = async () => {
        const watch = await wire.watch(path("events"), { resourceVersion: "1", timeoutSeconds: "1" });
        await watch.ended;
        const error = watch.events.find(({ type }) => type === "ERROR")?.object as { code?: number } | undefined; // a Status
        return watch.status === 200 ? error?.code : watch.status;
      };
      const code = await until(codeOf, { timeoutMs: 60_000, everyMs: 500 });
      expect(code).toBe(410);
    }, 90_000);

    test("many watches at once all see the same", async () => {
      const { kube, wire, path } = subject();
      const { set, ...query } = await emptySet();
      const watches = await Promise.all(Array.from({ length: 20 }, () => wire.watch(path("pods"), query)));
      await kube.create(pods, waitingPod(`${set}-seen`, { set }));
      await until(() => watches.every((watch) => told(watch).length === 1));
      for (const watch of watches) watch.close();
    });
  });
}
