/** Where a reflector's lists come from, and how they are read. */

import { expect, test } from "@jest/globals";
import { uniqueName } from "../../contract/target.ts";
import { isList, openFaultyKube } from "../../helpers/faulty-kube.ts";
import { kubeconfigAt, openTestKube } from "../../helpers/kube.ts";
import { testLives } from "../../helpers/life.ts";
import { until } from "../../helpers/until.ts";
import { api } from "./api-fixture.ts";
import { reflect, reflectThroughFaults } from "./reflected.ts";

const newLife = testLives();

test("a list whose bytes stop coming half way is given up, and read anew", async () => {
  const life = newLife();
  const faulty = await openFaultyKube(life, api.kubeconfig);
  faulty.fail({ matches: isList, status: 200, body: '{"kind":"ConfigMapList","items":[{"a', hangs: true, times: 1 });
  const kubeconfig = await kubeconfigAt(life, api.kubeconfig, faulty.url);
  const kube = await openTestKube(life, { ...api, kubeconfig, config: { callDeadlineSeconds: 1 } });
  await reflect(life, kube, uniqueName("set")).reflector.synced;
  expect(faulty.count(isList)).toBe(2);
});

test("out of the server's memory comes the first list, and later one that is not older than what was seen; after trouble one of its database", async () => {
  const { faulty, make, has, watching, reflector } = await reflectThroughFaults(newLife(), { relistSeconds: 1 });
  const listed = () => faulty.requests.filter(isList).map(({ url }) => url.searchParams.get("resourceVersion"));
  await watching();
  await make("seen");
  await has("seen");
  const seen = Number(reflector.list()[0]?.metadata.resourceVersion);
  const before = listed().length;
  await until(() => listed().length > before + 1);
  const [first, ...later] = listed();
  expect(first).toBe("0");
  expect(later.every((version) => Number(version) > 0)).toBe(true);
  expect(Number(later.at(-1))).toBeGreaterThanOrEqual(seen);
  await watching();
  faulty.tellWatches("nonsense\n");
  await until(() => listed().includes(null));
});
