/** What becomes of projects while the API server has not been reached since the roles started. */

import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { manageStateConfig } from "../../../roles/manage-state/config.ts";
import { openStateMetrics } from "../../../roles/manage-state/metrics.ts";
import { StateMirror } from "../../../roles/manage-state/mirror.ts";
import { readConfig } from "../../../src/core/config.ts";
import { openMetrics } from "../../../src/core/metrics.ts";
import { PodEvents } from "../../../src/domain/project-pods/pod-events.ts";
import { ProjectPods } from "../../../src/domain/project-pods/project-pods.ts";
import { openKubeTcpProxy, openTestKube } from "../../helpers/kube.ts";
import { testLives } from "../../helpers/life.ts";
import { testLog } from "../../helpers/log.ts";
import { World } from "./world.ts";

const newLife = testLives();

test("projects that run are not said to be stopped while the API server has not been reached", async () => {
  const life = newLife();
  const { db, env } = await World.open(life);
  const { proxy, kubeconfig } = await openKubeTcpProxy(life, env.KUBECONFIG ?? "");
  await proxy.down();
  const projectId = randomUUID();
  await db.execute(`INSERT INTO projects (project_id, state) VALUES ($1, '{"state":"running"}')`, [projectId]);
  await db.execute("INSERT INTO leaders (name, epoch, since) VALUES ('manage-state', 1, now())");
  const kube = await openTestKube(life, { kubeconfig, namespace: "test" });
  const pods = new ProjectPods(life, kube, { onChange: () => {} });
  /** Compares everything, and waits for what came of it. */
  const compare = async () => {
    const term = life.child("term");
    const mirror = new StateMirror(term, {
      db,
      log: testLog(),
      leader: { name: "manage-state", epoch: 1 },
      config: readConfig(manageStateConfig, {}),
      metrics: openStateMetrics(openMetrics({ defaults: false })),
      pods,
      events: new PodEvents(life, kube, () => {}),
    });
    await mirror.compare();
    expect(await term.stop()).toEqual([]);
    const [row] = await db.query<{ state: string }>("SELECT state ->> 'state' AS state FROM projects");
    return row?.state;
  };
  expect(await compare()).toBe("running");
  await proxy.up();
  await pods.synced;
  expect(await compare()).toBe("opened");
});
