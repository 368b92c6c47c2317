import { readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { describe, expect, test } from "@jest/globals";
import { generate } from "selfsigned";
import type { Life } from "../../../src/core/life.ts";
import { openMetrics } from "../../../src/core/metrics.ts";
import { readApiServer } from "../../../src/kube/kubeconfig.ts";
import { configMaps } from "../../../src/kube/resources.ts";
import { kubeStatusOf } from "../../../src/kube/status.ts";
import type { ConfigMap, Kube } from "../../../src/kube/types.ts";
import { kubeConfigFor, uniqueName } from "../../contract/target.ts";
import { isList, type Matches, openFaultyKube } from "../../helpers/faulty-kube.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { kubeconfigAt, openKubeTcpProxy, openTestKube } from "../../helpers/kube.ts";
import { testLives } from "../../helpers/life.ts";
import { until } from "../../helpers/until.ts";
import { api, direct } from "./api-fixture.ts";

const lives = testLives();

const map = (name: string, labels: Record<string, string> = {}): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, labels },
});
const are =
  (method: string): Matches =>
  (request) =>
    request.method === method;

/** A client behind a proxy that can be told to refuse. */
async function throughFaults(callDeadlineSeconds = 10) {
  const life = lives();
  const faulty = await openFaultyKube(life, api.kubeconfig);
  const kubeconfig = await kubeconfigAt(life, api.kubeconfig, faulty.url);
  const metrics = openMetrics({ defaults: false });
  const kube = await openTestKube(life, { ...api, kubeconfig, metrics, config: { callDeadlineSeconds } });
  return { faulty, kube, metrics };
}

/** A client behind a TCP proxy, TLS and HTTP/2 through and through. */
async function throughTcp(callDeadlineSeconds = 10) {
  const life = lives();
  const { proxy, kubeconfig } = await openKubeTcpProxy(life, api.kubeconfig);
  const part = life.child("client");
  const kube = await openTestKube(part, { ...api, kubeconfig, config: { callDeadlineSeconds } });
  return { proxy, kube, part, kubeconfig };
}

/** An HTTP proxy that opens tunnels, and the addresses it was asked for. */
async function openConnectProxy(life: Life): Promise<{ url: string; tunnels: string[] }> {
  const tunnels: string[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer();
  server.on("connect", (request: IncomingMessage, near: Duplex) => {
    tunnels.push(request.url ?? "");
    const { hostname, port } = new URL(`http://${request.url}`);
    const far = connect(Number(port), hostname, () => near.write("HTTP/1.1 200 Connected\r\n\r\n"));
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy()); // a tunnel ends with either side
    }
    near.pipe(far).pipe(near);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  life.defer("tunnels", () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`, tunnels };
}

/** A reflector that has seen one object come. */
async function reflectOne(life: Life, kube: Kube) {
  const set = uniqueName("one");
  const seen: string[] = [];
  const reflector = kube.openReflector(life, {
    resource: configMaps,
    labelSelector: `set=${set}`,
    onChange: (name) => seen.push(name),
  });
  await reflector.synced;
  await direct.create(configMaps, map(set, { set }));
  await until(() => reflector.get(set));
  return { reflector, seen };
}

describe("connections", () => {
  test("are kept: many calls one after the other use one", async () => {
    const { proxy, kube } = await throughTcp();
    for (let i = 0; i < 30; i++) await kube.serverVersion();
    expect(proxy.accepted).toBe(1);
  });

  test("are few: many calls at once share them", async () => {
    const { proxy, kube } = await throughTcp();
    await Promise.all(Array.from({ length: 300 }, () => kube.serverVersion()));
    expect(proxy.accepted).toBeLessThanOrEqual(4); // HTTP/2: a hundred calls each
  });

  test("go through the HTTP proxy that a kubeconfig names", async () => {
    const life = lives();
    const tunnel = await openConnectProxy(life);
    const { cluster } = await readApiServer(kubeConfigFor(api.kubeconfig));
    const kubeconfig = await kubeconfigAt(life, api.kubeconfig, cluster.server);
    const document = JSON.parse(await readFile(kubeconfig, "utf8"));
    document.clusters[0].cluster["proxy-url"] = tunnel.url;
    await writeFile(kubeconfig, JSON.stringify(document));
    const kube = await openTestKube(life, { ...api, kubeconfig });
    for (let i = 0; i < 5; i++) await kube.serverVersion();
    expect(tunnel.tunnels).toEqual([new URL(cluster.server).host]);
    const { reflector, seen } = await reflectOne(life, kube);
    expect(reflector.ageMs()).toBeLessThan(5_000);
    expect(seen).toHaveLength(1);
  });

  test("are closed when the life ends, and later calls fail at once", async () => {
    const { proxy, kube, part } = await throughTcp();
    await kube.serverVersion();
    expect(await part.stop()).toEqual([]);
    await until(() => proxy.open === 0);
    await expect(kube.serverVersion()).rejects.toMatchObject({ code: "unavailable" });
  });

  test("that were reset are opened again, and the call does not notice", async () => {
    const { proxy, kube } = await throughTcp();
    await kube.serverVersion();
    proxy.cut();
    await expect(kube.serverVersion()).resolves.toMatch(/^v1/);
    expect(proxy.accepted).toBe(2);
  });

  test("that hang are given up within the deadline of one call", async () => {
    const { proxy, kube } = await throughTcp(4);
    await kube.serverVersion();
    proxy.hangOpen();
    await expect(kube.serverVersion()).resolves.toMatch(/^v1/);
    await kube.serverVersion();
    expect(proxy.accepted).toBe(2); // the new one serves from then on
  });

  test("a server that is away is told as unavailable, after the deadline", async () => {
    const { proxy, kube } = await throughTcp(1);
    await proxy.down();
    await expect(kube.get(configMaps, "any")).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/read configmaps\/any/),
    });
  });

  test("a server that accepts and says nothing is told as unavailable, after the deadline", async () => {
    const { proxy, kube } = await throughTcp(2);
    proxy.hang();
    const startedAt = Date.now();
    await expect(kube.serverVersion()).rejects.toMatchObject({ code: "unavailable" });
    expect(Date.now() - startedAt).toBeGreaterThan(900);
  });
});

describe("rotation", () => {
  test("a CA that is exchanged is read again: the wrong one is refused, the right one works", async () => {
    const life = lives();
    const folder = await temporaryFolder(life);
    const { cluster } = await readApiServer(kubeConfigFor(api.kubeconfig));
    const right = cluster.caFile
      ? await readFile(cluster.caFile, "utf8")
      : Buffer.from(cluster.caData ?? "", "base64").toString("utf8");
    const wrong = (await generate([{ name: "commonName", value: "another" }])).cert;
    await writeFile(join(folder, "ca.crt"), wrong);
    const kubeconfig = await kubeconfigAt(life, api.kubeconfig, cluster.server);
    const document = JSON.parse(await readFile(kubeconfig, "utf8"));
    document.clusters[0].cluster = { server: cluster.server, "certificate-authority": join(folder, "ca.crt") };
    await writeFile(kubeconfig, JSON.stringify(document));
    const kube = await openTestKube(life, { ...api, kubeconfig, config: { callDeadlineSeconds: 1 } });
    await expect(kube.serverVersion()).rejects.toMatchObject({ code: "unavailable" });
    await writeFile(join(folder, "ca.crt"), right);
    await expect(kube.serverVersion()).resolves.toMatch(/^v1/);
    await writeFile(join(folder, "ca.crt"), wrong);
    await expect(kube.serverVersion()).resolves.toMatch(/^v1/); // not read again as long as all is well
  });

  test("a token that the server refuses is read again, once", async () => {
    const life = lives();
    const faulty = await openFaultyKube(life, api.kubeconfig);
    faulty.fail({ matches: ({ headers }) => headers.authorization !== "Bearer new", status: 401 });
    const folder = await temporaryFolder(life);
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(join(folder, "token"), "old");
    const document = {
      clusters: [{ name: "c", cluster: { server: faulty.url } }],
      users: [{ name: "u", user: { tokenFile: "token" } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    };
    await writeFile(kubeconfig, JSON.stringify(document));
    const kube = await openTestKube(life, { ...api, kubeconfig });
    await expect(kube.serverVersion()).rejects.toMatchObject({ code: "unavailable" });
    expect(faulty.requests).toHaveLength(2);
    await writeFile(join(folder, "token"), "new");
    await expect(kube.serverVersion()).resolves.toMatch(/^v1/);
    await expect(kube.serverVersion()).resolves.toMatch(/^v1/);
    expect(faulty.requests.filter(({ headers }) => headers.authorization === "Bearer old")).toHaveLength(2);
  });
});

describe("tries", () => {
  test.each([429, 503, 500, 502, 504])("an answer of %i is tried again", async (status) => {
    const { faulty, kube, metrics } = await throughFaults();
    faulty.fail({ matches: () => true, status, times: 2 });
    await expect(kube.serverVersion()).resolves.toMatch(/^v1/);
    expect(faulty.requests).toHaveLength(3);
    expect(await metrics.metrics()).toMatch(/cocalc_kube_retries_total\{method="GET"\} 2/);
  });

  test("Retry-After is heeded, and one that is beyond the deadline is handed on", async () => {
    const { faulty, kube } = await throughFaults(4);
    faulty.fail({ matches: () => true, status: 429, headers: { "retry-after": "1" }, times: 1 });
    const startedAt = Date.now();
    await kube.serverVersion();
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(990);
    faulty.fail({ matches: () => true, status: 429, headers: { "retry-after": "60" } });
    await expect(kube.serverVersion()).rejects.toMatchObject({ code: "unavailable", retryAfterSeconds: 60 });
    expect(faulty.requests).toHaveLength(3);
  });

  test.each([400, 403, 404, 409, 410, 422])("an answer of %i is not", async (status) => {
    const { faulty, kube } = await throughFaults();
    faulty.fail({ matches: () => true, status });
    await expect(kube.create(configMaps, map("x"))).rejects.toMatchObject({ name: "AppError" });
    expect(faulty.requests).toHaveLength(1);
  });

  test("an answer that is not JSON is told as such", async () => {
    const { faulty, kube } = await throughFaults();
    faulty.fail({ matches: () => true, status: 200, body: "<html>a captive portal</html>" });
    await expect(kube.get(configMaps, "any")).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/no Kubernetes API/),
    });
    faulty.heal();
    faulty.fail({ matches: () => true, status: 404, body: "<html>nothing here</html>" });
    await expect(kube.get(configMaps, "any")).rejects.toMatchObject({ code: "not_found" });
  });

  test("a log that the pod's node does not give is not waited for", async () => {
    const { faulty, kube } = await throughFaults();
    faulty.fail({ matches: () => true, status: 500 });
    await expect(kube.podLog("any")).rejects.toMatchObject({ code: "unavailable" });
    expect(faulty.requests).toHaveLength(1);
  });

  test("a create that came between other writes (409 Conflict) is tried again, a taken name is not", async () => {
    const { faulty, kube } = await throughFaults();
    const name = uniqueName("quota");
    faulty.fail({ matches: are("POST"), status: 409, body: { code: 409, reason: "Conflict", message: "" }, times: 2 });
    await expect(kube.create(configMaps, map(name))).resolves.toMatchObject({ metadata: { name } });
    expect(faulty.requests).toHaveLength(3);
    const error = await kube.create(configMaps, map(name)).catch((thrown: unknown) => thrown);
    expect(kubeStatusOf(error)?.reason).toBe("AlreadyExists");
    expect(faulty.requests).toHaveLength(4);
  });

  test("a patch with a version of its own keeps its conflict, one without is tried again", async () => {
    const { faulty, kube } = await throughFaults();
    const name = uniqueName("patched");
    await direct.create(configMaps, map(name));
    const conflict = { matches: are("PATCH"), status: 409, body: { code: 409, reason: "Conflict", message: "" } };
    faulty.fail({ ...conflict, times: 1 });
    await expect(kube.patch(configMaps, name, { data: { a: "1" } })).resolves.toMatchObject({ data: { a: "1" } });
    faulty.fail(conflict);
    const patch = { metadata: { resourceVersion: "1" }, data: { a: "2" } };
    await expect(kube.patch(configMaps, name, patch)).rejects.toMatchObject({ code: "conflict" });
    expect(faulty.count(are("PATCH"))).toBe(3);
  });

  test("a delete whose answer is lost is repeated only when it names the uid", async () => {
    const { faulty, kube } = await throughFaults();
    const name = uniqueName("deleted");
    const { metadata } = await direct.create(configMaps, map(name));
    faulty.fail({ matches: are("DELETE"), status: 504, times: 1 });
    await expect(kube.delete(configMaps, name)).rejects.toMatchObject({ code: "unavailable" });
    expect(faulty.count(are("DELETE"))).toBe(1);
    faulty.fail({ matches: are("DELETE"), status: 504, times: 1 });
    await kube.delete(configMaps, name, { uid: metadata.uid ?? "" });
    expect(faulty.count(are("DELETE"))).toBe(3);
    await expect(direct.get(configMaps, name)).rejects.toMatchObject({ code: "not_found" });
  });
});

test("a list of many pages is whole, also when the server forgets its place", async () => {
  const { faulty, kube } = await throughFaults();
  const set = uniqueName("many");
  const names = Array.from({ length: 620 }, (_, i) => `${set}-${String(i).padStart(3, "0")}`);
  const left = [...names];
  const work = async () => {
    for (let name = left.pop(); name; name = left.pop()) await direct.create(configMaps, map(name, { set }));
  };
  await Promise.all(Array.from({ length: 20 }, work));
  const listed = async () => {
    const { items } = await kube.list(configMaps, { labelSelector: `set=${set}` });
    return items.map(({ metadata }) => metadata.name).sort();
  };
  const hasContinue: Matches = ({ url }) => url.searchParams.has("continue");
  expect(await listed()).toEqual(names);
  expect(faulty.count(hasContinue)).toBe(1);
  faulty.fail({ matches: hasContinue, status: 410, body: { code: 410, reason: "Expired", message: "" }, times: 1 });
  expect(await listed()).toEqual(names);
  expect(faulty.count(isList)).toBe(3);
}, 300_000);
