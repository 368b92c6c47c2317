/** Contract: create, read, apply, patch and delete, with preconditions and conflicts, and the status sub-resource. */

import { describe, expect, test } from "@jest/globals";
import { configMaps, pods } from "../../src/kube/resources.ts";
import { kubeStatusOf } from "../../src/kube/status.ts";
import type { ConfigMap } from "../../src/kube/types.ts";
import { type Subject, uniqueName, waitingPod } from "./target.ts";

const MERGE = "application/merge-patch+json";
const JSON_PATCH = "application/json-patch+json";
const APPLY = "application/apply-patch+yaml";

export function describeObjects(subject: () => Subject): void {
  describe("create and read", () => {
    test("a created object has a uid, a version and a time, and is read as it was created", async () => {
      const { kube } = subject();
      const name = uniqueName("made");
      const made = await kube.create(pods, waitingPod(name, { run: "project" }));
      expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(made.metadata.resourceVersion).toMatch(/^\d+$/);
      expect(made.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(made.metadata.namespace).toBe(subject().namespace);
      const read = await kube.get(pods, name);
      expect(read).toMatchObject({ apiVersion: "v1", kind: "Pod", status: { phase: "Pending" } });
      expect(read.metadata.uid).toBe(made.metadata.uid);
      expect(read.metadata.labels).toEqual({ run: "project" });
    });

    test("a name that is taken is refused as AlreadyExists", async () => {
      const { kube, wire, path } = subject();
      const name = uniqueName("taken");
      await kube.create(pods, waitingPod(name));
      const again = await wire.send("POST", path("pods"), { body: waitingPod(name) });
      expect(again).toMatchObject({ status: 409, body: { kind: "Status", reason: "AlreadyExists", code: 409 } });
      await expect(kube.create(pods, waitingPod(name))).rejects.toMatchObject({ code: "conflict" });
    });

    test("of many who create the same name at once, one succeeds", async () => {
      const { kube } = subject();
      const name = uniqueName("race");
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => kube.create(pods, waitingPod(name))));
      expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    });

    test("what is not there is NotFound, to read, to patch and to delete", async () => {
      const { kube, wire, path } = subject();
      const name = uniqueName("absent");
      await expect(kube.get(pods, name)).rejects.toMatchObject({ code: "not_found" });
      await expect(kube.patch(pods, name, { metadata: { labels: { a: "1" } } })).rejects.toMatchObject({
        code: "not_found",
      });
      const deleted = await wire.send("DELETE", path("pods", name));
      expect(deleted).toMatchObject({ status: 404, body: { kind: "Status", reason: "NotFound" } });
      await expect(kube.delete(pods, name)).resolves.toBeUndefined();
    });

    test("a pod without containers, or with a name that is none, is refused in words", async () => {
      const { kube } = subject();
      const empty = waitingPod(uniqueName("empty"));
      empty.spec.containers = [];
      await expect(kube.create(pods, empty)).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringMatching(/spec\.containers/),
      });
      await expect(kube.create(pods, waitingPod("No_Name!"))).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringMatching(/name/),
      });
    });

    test("a dry run checks all and makes nothing", async () => {
      const { kube } = subject();
      const name = uniqueName("asked");
      const asked = await kube.create(pods, waitingPod(name), { dryRun: true });
      expect(asked.metadata.name).toBe(name);
      await expect(kube.get(pods, name)).rejects.toMatchObject({ code: "not_found" });
      const empty = waitingPod(name);
      empty.spec.containers = [];
      await expect(kube.create(pods, empty, { dryRun: true })).rejects.toMatchObject({ code: "invalid" });
    });

    test("the log of a pod that was not placed is empty; of a container it does not have, refused", async () => {
      const { kube } = subject();
      const name = uniqueName("silent");
      await kube.create(pods, waitingPod(name));
      expect(await kube.podLog(name)).toBe("");
      await expect(kube.podLog(name, { container: "other" })).rejects.toMatchObject({ code: "invalid" });
    });

    test("a patch of a kind that is none is refused", async () => {
      const { wire, path } = subject();
      const broken = await wire.send("PATCH", path("pods", uniqueName("x")), { body: {}, contentType: "text/plain" });
      expect(broken.status).toBe(415);
    });

    test("a field that no schema knows is refused, so that a typing error in a template is told", async () => {
      const { kube } = subject();
      const typo = waitingPod(uniqueName("typo"));
      typo.spec.restartPolicie = "Never";
      await expect(kube.create(pods, typo)).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringMatching(/restartPolicie/),
      });
    });
  });

  describe("server-side apply", () => {
    const settings = (name: string, data: Record<string, string>): ConfigMap => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data,
    });

    test("creates, changes, and takes away what its manager no longer names", async () => {
      const { kube } = subject();
      const name = uniqueName("applied");
      const made = await kube.apply(configMaps, settings(name, { a: "1", b: "2" }));
      expect(made.data).toEqual({ a: "1", b: "2" });
      const changed = await kube.apply(configMaps, settings(name, { a: "3" }));
      expect(changed.data).toEqual({ a: "3" });
      expect(changed.metadata.uid).toBe(made.metadata.uid);
    });

    test("the same again changes nothing, not even the version", async () => {
      const { kube } = subject();
      const name = uniqueName("same");
      const first = await kube.apply(configMaps, settings(name, { a: "1" }));
      const second = await kube.apply(configMaps, settings(name, { a: "1" }));
      expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    });

    test("leaves what others own alone, and takes over by force what it names", async () => {
      const { kube, wire, path } = subject();
      const name = uniqueName("shared");
      const theirs = { query: { fieldManager: "administrator" }, contentType: APPLY };
      await wire.send("PATCH", path("configmaps", name), {
        ...theirs,
        body: settings(name, { theirs: "1", both: "1" }),
      });
      const refused = await wire.send("PATCH", path("configmaps", name), {
        query: { fieldManager: "somebody" },
        contentType: APPLY,
        body: settings(name, { both: "2" }),
      });
      expect(refused).toMatchObject({ status: 409, body: { reason: "Conflict" } });
      const forced = await kube.apply(configMaps, settings(name, { both: "2" }));
      expect(forced.data).toEqual({ theirs: "1", both: "2" });
    });
  });

  describe("patch", () => {
    test("a merge patch sets, keeps and removes", async () => {
      const { kube } = subject();
      const name = uniqueName("merged");
      await kube.create(pods, waitingPod(name, { a: "1", b: "2" }));
      const patched = await kube.patch(pods, name, { metadata: { labels: { b: null, c: "3" } } });
      expect(patched.metadata.labels).toEqual({ a: "1", c: "3" });
    });

    test("of two patches with the same version the second is a conflict", async () => {
      const { kube, wire, path } = subject();
      const name = uniqueName("versioned");
      const { metadata } = await kube.create(pods, waitingPod(name));
      const patch = (value: string) => ({
        metadata: { resourceVersion: metadata.resourceVersion, labels: { value } },
      });
      await kube.patch(pods, name, patch("1"));
      const second = await wire.send("PATCH", path("pods", name), { body: patch("2"), contentType: MERGE });
      expect(second).toMatchObject({ status: 409, body: { reason: "Conflict" } });
      await expect(kube.patch(pods, name, patch("2"))).rejects.toMatchObject({ code: "conflict" });
      expect((await kube.get(pods, name)).metadata.labels).toEqual({ value: "1" });
    });

    test("a JSON patch changes, and its failing test refuses all of it", async () => {
      const { kube, wire, path } = subject();
      const name = uniqueName("json-patched");
      await kube.create(pods, waitingPod(name, { a: "1" }));
      const change = { op: "replace", path: "/metadata/labels/a", value: "2" };
      const done = await wire.send("PATCH", path("pods", name), { body: [change], contentType: JSON_PATCH });
      expect(done).toMatchObject({ status: 200, body: { metadata: { labels: { a: "2" } } } });
      const wrong = [
        { op: "test", path: "/metadata/labels/a", value: "1" },
        { ...change, value: "3" },
      ];
      expect((await wire.send("PATCH", path("pods", name), { body: wrong, contentType: JSON_PATCH })).status).toBe(422);
      expect((await kube.get(pods, name)).metadata.labels).toEqual({ a: "2" });
    });

    test("what identifies an object cannot be patched", async () => {
      const { kube, wire, path } = subject();
      const name = uniqueName("fixed");
      const { metadata } = await kube.create(pods, waitingPod(name));
      const body = { metadata: { uid: "00000000-0000-4000-8000-000000000000" } };
      expect([409, 422]).toContain((await wire.send("PATCH", path("pods", name), { body, contentType: MERGE })).status);
      expect((await kube.get(pods, name)).metadata.uid).toBe(metadata.uid);
    });
  });

  describe("the status sub-resource", () => {
    test("changes the status and not the spec; the object itself changes all but the status", async () => {
      const { kube, wire, path } = subject();
      const name = uniqueName("status");
      await kube.create(pods, waitingPod(name));
      const change = { spec: { activeDeadlineSeconds: 5 }, status: { reason: "Seen", message: "so it is" } };
      const query = { body: change, contentType: MERGE };
      const status = await wire.send("PATCH", `${path("pods", name)}/status`, query);
      expect(status).toMatchObject({ status: 200, body: { status: { ...change.status, phase: "Pending" } } });
      expect(status.body.spec?.activeDeadlineSeconds).toBeUndefined();
      const object = await kube.patch(pods, name, { metadata: { labels: { a: "3" } }, status: { reason: "Ignored" } });
      expect(object.status?.reason).toBe("Seen");
      expect(object.metadata.labels).toEqual({ a: "3" });
    });
  });

  describe("delete", () => {
    test("with another uid it is a conflict and the object stays", async () => {
      const { kube } = subject();
      const name = uniqueName("kept");
      await kube.create(pods, waitingPod(name));
      const error = await kube
        .delete(pods, name, { uid: "00000000-0000-4000-8000-000000000000" })
        .catch((e: unknown) => e);
      expect(error).toMatchObject({ code: "conflict" });
      expect(kubeStatusOf(error)?.reason).toBe("Conflict");
      expect((await kube.get(pods, name)).metadata.deletionTimestamp).toBeUndefined();
    });

    test("with an old version it is a conflict, with the present one it is done", async () => {
      const { kube } = subject();
      const name = uniqueName("old");
      const { metadata } = await kube.create(pods, waitingPod(name));
      const now = await kube.patch(pods, name, { metadata: { labels: { a: "1" } } });
      const old = kube.delete(pods, name, { resourceVersion: metadata.resourceVersion ?? "" });
      await expect(old).rejects.toMatchObject({ code: "conflict" });
      await kube.delete(pods, name, {
        resourceVersion: now.metadata.resourceVersion ?? "",
        uid: now.metadata.uid ?? "",
      });
      await expect(kube.get(pods, name)).rejects.toMatchObject({ code: "not_found" });
    });

    test("a pod that no node has taken is gone at once, whatever the grace period", async () => {
      const { kube } = subject();
      const name = uniqueName("unplaced");
      await kube.create(pods, waitingPod(name));
      await kube.delete(pods, name, { gracePeriodSeconds: 30 });
      await expect(kube.get(pods, name)).rejects.toMatchObject({ code: "not_found" });
    });

    test("a pod on a node that does not answer stays Terminating until it is forced", async () => {
      const { kube } = subject();
      const name = uniqueName("stuck");
      const pod = waitingPod(name);
      await kube.create(pods, { ...pod, spec: { ...pod.spec, nodeName: "no-such-node" } });
      await kube.delete(pods, name, { gracePeriodSeconds: 25 });
      const stuck = await kube.get(pods, name);
      expect(stuck.metadata.deletionTimestamp).toMatch(/^\d{4}-\d\d-\d\dT/);
      expect(stuck.metadata.deletionGracePeriodSeconds).toBe(25);
      await expect(kube.create(pods, pod)).rejects.toMatchObject({ code: "conflict" });
      await kube.delete(pods, name, { gracePeriodSeconds: 0, uid: stuck.metadata.uid ?? "" });
      await expect(kube.get(pods, name)).rejects.toMatchObject({ code: "not_found" });
    });
  });
}
