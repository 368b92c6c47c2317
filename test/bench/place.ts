/** What benchmarks inside a cluster work with: a database, a client that watches the pods, bare pods like the product's, roles as processes. */

import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { RoleName } from "../../roles/names.ts";
import type { Life } from "../../src/core/life.ts";
import { renderPod } from "../../src/domain/project-pods/render.ts";
import { parseTemplate, TEMPLATE_CONFIG_MAP } from "../../src/domain/project-pods/template.ts";
import { runQuota } from "../../src/domain/quotas/rules.ts";
import { publicKeys } from "../../src/domain/signing-keys/signing-keys.ts";
import { environmentFor, parseSoftware, SOFTWARE_CONFIG_MAP } from "../../src/domain/software/software.ts";
import { configMaps, pods } from "../../src/kube/resources.ts";
import type { Kube, Pod } from "../../src/kube/types.ts";
import { freePort } from "../../src/net/serve/free-port.ts";
import { openTestKube } from "../helpers/kube.ts";
import { until } from "../helpers/until.ts";
import type { Place } from "./cluster.ts";
import { startProgram } from "./processes.ts";
import { openWorld, type World } from "./world.ts";

const bundle = fileURLToPath(new URL("../../dist/server/main.js", import.meta.url));

export interface Bench extends World {
  place: Place;
  kube: Kube;
  watched: WatchedPods;
  /** The pod that the product would make for a project, to be posted by ourselves. */
  barePod(projectId?: string): Pod;
}

export async function openBench(life: Life, place: Place): Promise<Bench> {
  const world = await openWorld(life);
  const kube = await openTestKube(life, place);
  return { ...world, place, kube, watched: await WatchedPods.open(life, kube), barePod: await podMaker(world, kube) };
}

async function podMaker({ db }: World, kube: Kube): Promise<Bench["barePod"]> {
  const template = parseTemplate((await kube.get(configMaps, TEMPLATE_CONFIG_MAP)).data);
  const software = parseSoftware((await kube.get(configMaps, SOFTWARE_CONFIG_MAP)).data);
  const hubKeys = await publicKeys(db);
  const quota = runQuota({ defaultQuotas: {}, maxUpgrades: {}, settings: {}, upgrades: [], licenses: [] });
  return (projectId = randomUUID()) =>
    renderPod({
      template,
      projectId,
      ticket: 1,
      requestTime: new Date().toISOString(),
      environment: environmentFor(software, null),
      quota,
      env: {},
      hubKeys,
      basePath: "",
    });
}

/** The project pods as a watch of our own tells of them: who waits hears of a change as soon as its event is here. */
class WatchedPods {
  readonly #waiting = new Set<() => void>();
  readonly #pods = new Map<string, Pod>();

  static async open(life: Life, kube: Kube): Promise<WatchedPods> {
    const watched = new WatchedPods();
    const reflector = kube.openReflector(life, {
      resource: pods,
      labelSelector: "run=project",
      onChange: (name, pod) => watched.#changed(name, pod),
    });
    await reflector.synced;
    return watched;
  }

  get count(): number {
    return this.#pods.size;
  }

  names(): string[] {
    return [...this.#pods.keys()];
  }

  get(name: string): Pod | undefined {
    return this.#pods.get(name);
  }

  /** Resolves with the moment (performance.now) at which the watch first brought what makes the condition true. */
  async when(condition: () => boolean, timeoutMs = 180_000): Promise<number> {
    if (condition()) return performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const look = () => condition() && resolve(performance.now());
    const timer = setTimeout(() => reject(new Error(`the watch brought nothing in ${timeoutMs} ms`)), timeoutMs);
    this.#waiting.add(look);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(look);
    });
  }

  #changed(name: string, pod: Pod | undefined): void {
    if (pod === undefined) this.#pods.delete(name);
    else this.#pods.set(name, pod);
    for (const look of this.#waiting) look();
  }
}

export function isReady(pod: Pod | undefined): boolean {
  return pod?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

interface RoleWish {
  name: RoleName;
  env?: Record<string, string>;
}

/** Starts a role as a process of the bundle, as a pod would; returns its port when it says that it is ready. */
export async function startRole(life: Life, bench: Bench, wish: RoleWish): Promise<number> {
  return (await startRoleProcess(life, bench, wish)).port;
}

export async function startRoleProcess(
  life: Life,
  { env: own, place }: Bench,
  { name, env = {} }: RoleWish,
): Promise<{ port: number; pid: number }> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const { pid = 0 } = startProgram(life, {
    command: process.execPath,
    args: [bundle, `--role=${name}`],
    env: {
      ...own,
      KUBECONFIG: place.kubeconfig,
      COCALC_NAMESPACE: place.namespace,
      NODE_ENV: "production",
      HOST: "127.0.0.1",
      PORT: String(port),
      ADMIN_HOST: "127.0.0.1",
      ADMIN_PORT: String(adminPort),
      COCALC_LOG_LEVEL: "error",
      ...env,
    },
  });
  const ready = () =>
    fetch(`http://127.0.0.1:${adminPort}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(ready, { what: `${name} is ready`, timeoutMs: 30_000 });
  return { port, pid };
}

/** A project that nobody has started, of its own id or the one given. */
export async function createProject({ db }: World, owner: string = randomUUID()): Promise<string> {
  const projectId = randomUUID();
  await db.execute("INSERT INTO projects (project_id, title, users, last_edited) VALUES ($1, 'Bench', $2, now())", [
    projectId,
    JSON.stringify({ [owner]: { group: "owner" } }),
  ]);
  return projectId;
}
