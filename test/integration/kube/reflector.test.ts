import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "@jest/globals";
import { configMaps } from "../../../src/kube/resources.ts";
import type { ConfigMap, ReflectorOptions } from "../../../src/kube/types.ts";
import { uniqueName } from "../../contract/target.ts";
import { type FaultyKube, isList, isWatch, openFaultyKube } from "../../helpers/faulty-kube.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { kubeconfigAt, openKubeTcpProxy, openTestKube } from "../../helpers/kube.ts";
import { testLives } from "../../helpers/life.ts";
import { until } from "../../helpers/until.ts";
import { api, direct } from "./api-fixture.ts";
import { map, reflect, reflectThroughFaults } from "./reflected.ts";

const lives = testLives();

const inStream = (code: number, reason: string) =>
  `${JSON.stringify({ type: "ERROR", object: { kind: "Status", apiVersion: "v1", metadata: {}, code, reason, message: "" } })}\n`;

/** Resolves after the reflector has had `ms` to do wrong. */
const watchFor = (ms: number, act: () => void) => {
  const end = Date.now() + ms;
  return until(
    () => {
      act();
      return Date.now() > end;
    },
    { timeoutMs: ms + 5_000 },
  );
};

describe("a reflector", () => {
  test("holds what is there and tells what comes, changes and goes", async () => {
    const life = lives();
    const set = uniqueName("set");
    const kube = await openTestKube(life, api);
    await direct.create(configMaps, map(`${set}-a`, set, { value: "1" }));
    const { reflector, changes, relists, names } = reflect(life, kube, set);
    await reflector.synced;
    expect(names()).toEqual([`${set}-a`]);
    expect(relists).toEqual([[`${set}-a`]]);
    await direct.create(configMaps, map(`${set}-b`, set, { value: "1" }));
    await direct.patch(configMaps, `${set}-a`, { data: { value: "2" } });
    await direct.delete(configMaps, `${set}-b`);
    await until(() => changes.length === 4);
    expect(changes).toEqual([
      { name: `${set}-a`, now: "1", before: undefined },
      { name: `${set}-b`, now: "1", before: undefined },
      { name: `${set}-a`, now: "2", before: "1" },
      { name: `${set}-b`, now: undefined, before: "1" },
    ]);
    expect(reflector.get(`${set}-a`)).toMatchObject({ apiVersion: "v1", kind: "ConfigMap", data: { value: "2" } });
    expect(reflector.get(`${set}-b`)).toBeUndefined();
    expect(reflector.ageMs()).toBeLessThan(5_000);
  });

  test("tells how old its cache is and why it listed", async () => {
    const { reflector, metrics, part, watching } = await reflectThroughFaults(lives());
    await reflector.synced;
    await watching();
    expect(await metrics.metrics()).toMatch(/cocalc_kube_relists_total\{resource="configmaps",reason="start"\} 1/);
    expect(await metrics.metrics()).toMatch(/cocalc_kube_cache_age_seconds\{resource="configmaps"\} 0\.\d+/);
    await part.stop();
    expect(await metrics.metrics()).not.toMatch(/cocalc_kube_cache_age_seconds\{/);
  });

  test("goes on after the server has ended its watch in good order, without a list and without a gap", async () => {
    const { faulty, make, has, watching, relists } = await reflectThroughFaults(lives());
    await watching();
    await make("a");
    await has("a");
    for (const name of ["b", "c", "d"]) {
      const before = faulty.count(isWatch);
      faulty.tellWatches("", "end");
      await make(name);
      await has(name);
      expect(faulty.count(isWatch)).toBe(before + 1);
    }
    expect(faulty.count(isList)).toBe(1);
    expect(relists).toHaveLength(1);
    expect(faulty.mostWatchesAtOnce).toBe(1);
  });

  test("where nothing happens, the end of each watch confirms the cache", async () => {
    const { faulty, reflector, watching } = await reflectThroughFaults(lives(), { watchSeconds: 2, silenceSeconds: 8 });
    await watching();
    let oldest = 0;
    await until(() => {
      oldest = Math.max(oldest, reflector.ageMs());
      return faulty.count(isWatch) > 3;
    });
    expect(oldest).toBeLessThan(4_500);
    expect(faulty.count(isList)).toBe(1);
    expect(faulty.mostWatchesAtOnce).toBe(1);
  });

  test.each([
    ["a 410 in the stream", (faulty: FaultyKube) => faulty.tellWatches(inStream(410, "Expired"))],
    ["a 500 in the stream", (faulty: FaultyKube) => faulty.tellWatches(inStream(500, "InternalError"))],
    ["a connection that is reset", (faulty: FaultyKube) => faulty.tellWatches("", "reset")],
    ["half an event and then a reset", (faulty: FaultyKube) => faulty.tellWatches('{"type":"ADD', "reset")],
    ["nonsense on the wire", (faulty: FaultyKube) => faulty.tellWatches("nonsense\n")],
    [
      "an event without a version",
      (faulty: FaultyKube) => faulty.tellWatches('{"type":"ADDED","object":{"metadata":{}}}\n'),
    ],
    ["a line without end", (faulty: FaultyKube) => faulty.tellWatches("x".repeat(9 * 1024 * 1024))],
  ])("after %s it lists again and watches on", async (_what, fault) => {
    const { faulty, make, has, watching, names, set, reflector } = await reflectThroughFaults(lives());
    await watching();
    await make("before");
    await has("before");
    fault(faulty);
    await make("meanwhile");
    await until(() => faulty.count(isList) === 2);
    await has("meanwhile");
    await watching();
    await make("after");
    await has("after");
    expect(names()).toEqual([`${set}-after`, `${set}-before`, `${set}-meanwhile`]);
    expect(faulty.mostWatchesAtOnce).toBe(1);
    expect(reflector.state.kind).toBe("watching");
  });

  test("a version that is always too old makes it list with growing pauses, not without end", async () => {
    const { faulty, make, has, watching, reflector } = await reflectThroughFaults(lives());
    await reflector.synced;
    faulty.fail({ matches: isWatch, status: 410 });
    faulty.tellWatches("", "reset");
    await watchFor(1_500, () => expect(faulty.count(isList)).toBeLessThan(9));
    expect(faulty.count(isList)).toBeGreaterThan(2);
    faulty.heal();
    await watching();
    await make("after");
    await has("after");
  });

  test("a server that ends every watch at once is not asked without end", async () => {
    const { faulty, reflector, watching } = await reflectThroughFaults(lives());
    await reflector.synced;
    faulty.fail({ matches: isWatch, status: 200, body: "" });
    faulty.tellWatches("", "end");
    await watchFor(1_500, () => expect(faulty.count(isWatch)).toBeLessThan(12));
    faulty.heal();
    await watching();
  });

  test.each([
    ["429", { status: 429, headers: { "retry-after": "1" }, times: 2 }],
    ["500", { status: 500, times: 3 }],
    ["403", { status: 403, times: 3 }],
    ["an answer that is no list", { status: 200, body: "<html>", times: 2 }],
  ])("a list that fails with %s is tried until it works", async (_what, fault) => {
    const life = lives();
    const set = uniqueName("set");
    const faulty = await openFaultyKube(life, api.kubeconfig);
    faulty.fail({ matches: isList, ...fault });
    const kubeconfig = await kubeconfigAt(life, api.kubeconfig, faulty.url);
    const { reflector } = reflect(life, await openTestKube(life, { ...api, kubeconfig }), set);
    await reflector.synced;
    await until(() => faulty.watchesOpen === 1);
    expect(faulty.count(isList)).toBe((fault.times ?? 0) + 1);
  });

  test("what a watch has missed is repaired by the next relist", async () => {
    const { faulty, make, has, watching, changes, relists, set } = await reflectThroughFaults(lives(), {
      relistSeconds: 1,
    });
    await make("kept");
    await make("doomed");
    await watching();
    await has("doomed");
    faulty.swallowEvents();
    await make("missed");
    await direct.delete(configMaps, `${set}-doomed`);
    await has("missed");
    await until(() => changes.some(({ name, now, before }) => name.endsWith("doomed") && !now && before === undefined));
    expect(relists.at(-1)).toEqual([`${set}-kept`, `${set}-missed`]);
    expect(changes.filter(({ name }) => name.endsWith("kept"))).toHaveLength(1);
    await until(() => relists.length > 3);
    expect(faulty.mostWatchesAtOnce).toBe(1);
  });

  test("a handler that throws is logged and counted, and does not end it", async () => {
    const { make, has, watching, lines, metrics } = await reflectThroughFaults(lives(), {
      onChange: () => {
        throw new Error("handler");
      },
      onRelist: () => {
        throw new Error("relist handler");
      },
    });
    await watching();
    await make("a");
    await has("a");
    await make("b");
    await has("b");
    expect(lines.filter(({ message }) => message === "a reflector's handler failed")).toHaveLength(3);
    expect(await metrics.metrics()).toMatch(/cocalc_kube_handler_errors_total\{resource="configmaps"\} 3/);
  });

  test("stopped, it leaves no watch and tells nothing more", async () => {
    const { faulty, part, make, watching, changes, reflector } = await reflectThroughFaults(lives());
    await watching();
    expect(await part.stop()).toEqual([]);
    await until(() => faulty.watchesOpen === 0);
    await make("late");
    expect(changes).toEqual([]);
    expect(reflector.state).toEqual({ kind: "stopped" });
    expect(faulty.count(isWatch)).toBe(1);
  });

  test.each(["listing", "waiting"])("stopped while it is %s, it ends at once", async (kind) => {
    const life = lives();
    const { proxy, kubeconfig } = await openKubeTcpProxy(life, api.kubeconfig);
    if (kind === "listing") proxy.hang();
    else await proxy.down();
    const kube = await openTestKube(life, {
      ...api,
      kubeconfig,
      config: { callDeadlineSeconds: kind === "listing" ? 600 : 1 },
    });
    const part = life.child("part");
    const { reflector } = reflect(part, kube, "none");
    await until(() => reflector.state.kind === kind);
    expect(await part.stop()).toEqual([]); // in its time
    await expect(reflector.synced).rejects.toMatchObject({ code: "unavailable" });
  });

  test("a token file that is missing does not end it", async () => {
    const life = lives();
    const set = uniqueName("set");
    const faulty = await openFaultyKube(life, api.kubeconfig);
    const folder = await temporaryFolder(life);
    const kubeconfig = join(folder, "kubeconfig");
    const document = {
      clusters: [{ name: "c", cluster: { server: faulty.url } }],
      users: [{ name: "u", user: { tokenFile: "token" } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    };
    await writeFile(kubeconfig, JSON.stringify(document));
    const kube = await openTestKube(life, { ...api, kubeconfig, config: { callDeadlineSeconds: 1 } });
    const { reflector } = reflect(life, kube, set);
    await until(() => reflector.state.kind === "waiting");
    await writeFile(join(folder, "token"), "secret");
    await reflector.synced;
    await until(() => faulty.watchesOpen === 1);
    expect(faulty.requests.at(-1)?.headers.authorization).toBe("Bearer secret");
  });
});

describe("a reflector over TLS", () => {
  async function throughTcp(options: Partial<ReflectorOptions<ConfigMap>> = {}) {
    const life = lives();
    const set = uniqueName("set");
    const { proxy, kubeconfig } = await openKubeTcpProxy(life, api.kubeconfig);
    const kube = await openTestKube(life, { ...api, kubeconfig, config: { callDeadlineSeconds: 4 } });
    const reflected = reflect(life, kube, set, options);
    await until(() => reflected.reflector.state.kind === "watching");
    const make = (name: string) => direct.create(configMaps, map(`${set}-${name}`, set));
    const has = (name: string) => until(() => reflected.reflector.get(`${set}-${name}`) !== undefined);
    return { proxy, make, has, ...reflected };
  }

  test("sees what happened while its connections were reset", async () => {
    const { proxy, make, has } = await throughTcp();
    await make("before");
    await has("before");
    proxy.cut();
    await make("meanwhile");
    await has("meanwhile");
  });

  test("sees what happened while the API server was away, and its cache stays readable and grows old", async () => {
    const { proxy, make, has, reflector, names } = await throughTcp();
    await make("before");
    await has("before");
    await proxy.down();
    await make("meanwhile");
    await until(() => reflector.ageMs() > 1_000);
    expect(names()).toHaveLength(1);
    await proxy.up();
    await has("meanwhile");
    expect(reflector.ageMs()).toBeLessThan(1_000);
    await make("after");
    await has("after");
  });

  test("a connection that hangs is noticed by its silence", async () => {
    const { proxy, make, has, reflector } = await throughTcp({ silenceSeconds: 1 });
    await make("before");
    await has("before");
    proxy.hangOpen();
    await make("meanwhile");
    await has("meanwhile");
    await until(() => reflector.state.kind === "watching");
    await make("after");
    await has("after");
  });
});

test("many events do not make a reflector grow", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void; // V8's own
  const { faulty, watching, reflector, make, has } = await reflectThroughFaults(lives(), { onChange: () => {} });
  await watching();
  await make("first");
  await has("first"); // the watch is not only asked for: it flows
  let version = 1_000_000;
  const tell = async (events: number) => {
    for (let sent = 0; sent < events; sent += 500) {
      const burst = Array.from({ length: 500 }, () => {
        const metadata = { name: "same", uid: "u", resourceVersion: String(++version), managedFields: [{ a: 1 }] };
        return `${JSON.stringify({ type: "MODIFIED", object: { ...map("same", "x", { value: "v".repeat(2_000) }), metadata } })}\n`;
      });
      faulty.tellWatches(burst.join(""));
      await until(() => reflector.get("same")?.metadata.resourceVersion === String(version));
    }
    gc();
    return process.memoryUsage().heapUsed;
  };
  const before = await tell(5_000);
  const after = await tell(20_000);
  expect(after - before).toBeLessThan(8 * 1024 * 1024);
  expect(reflector.get("same")?.metadata).not.toHaveProperty("managedFields");
  expect(reflector.list()).toHaveLength(2);
});
