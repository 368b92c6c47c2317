/** Reflectors under test: of config maps with one label, with all that they told, behind a proxy that misbehaves. */

import type { Life } from "../../../src/core/life.ts";
import { openMetrics } from "../../../src/core/metrics.ts";
import type { ListWatchReflector } from "../../../src/kube/reflector.ts";
import { configMaps } from "../../../src/kube/resources.ts";
import type { ConfigMap, Kube, ReflectorOptions } from "../../../src/kube/types.ts";
import { uniqueName } from "../../contract/target.ts";
import { openFaultyKube } from "../../helpers/faulty-kube.ts";
import { kubeconfigAt, openTestKube } from "../../helpers/kube.ts";
import { keptLog } from "../../helpers/log.ts";
import { until } from "../../helpers/until.ts";
import { api, direct } from "./api-fixture.ts";

/** A config map that a reflector of `set` sees. */
export const map = (name: string, set: string, data: Record<string, string> = {}): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, labels: { set } },
  data,
});

interface Change {
  name: string;
  now: string | undefined;
  before: string | undefined;
}

/** A reflector of one label's config maps, with all it told. */
export function reflect(life: Life, kube: Kube, set: string, options: Partial<ReflectorOptions<ConfigMap>> = {}) {
  const changes: Change[] = [];
  const relists: string[][] = [];
  const reflector = kube.openReflector(life, {
    resource: configMaps,
    labelSelector: `set=${set}`,
    relistSeconds: 3_600,
    onChange: (name, now, before) => changes.push({ name, now: now?.data?.value, before: before?.data?.value }),
    onRelist: (objects) => relists.push(objects.map(({ metadata }) => metadata.name).sort()),
    ...options,
  }) as ListWatchReflector<ConfigMap>; // what the client makes; tests look at its state
  const names = () =>
    reflector
      .list()
      .map(({ metadata }) => metadata.name)
      .sort();
  return { reflector, changes, relists, names };
}

/** A reflector behind a proxy that can be told to misbehave. */
export async function reflectThroughFaults(life: Life, options: Partial<ReflectorOptions<ConfigMap>> = {}) {
  const set = uniqueName("set");
  const faulty = await openFaultyKube(life, api.kubeconfig);
  const kubeconfig = await kubeconfigAt(life, api.kubeconfig, faulty.url);
  const { log, lines } = keptLog();
  const metrics = openMetrics({ defaults: false });
  const kube = await openTestKube(life, { ...api, kubeconfig, log, metrics });
  const part = life.child("part");
  const reflected = reflect(part, kube, set, options);
  const make = (name: string) => direct.create(configMaps, map(`${set}-${name}`, set));
  const has = (name: string) => until(() => reflected.reflector.get(`${set}-${name}`) !== undefined);
  const watching = () => until(() => faulty.watchesOpen === 1);
  return { set, faulty, lines, metrics, part, make, has, watching, ...reflected };
}
