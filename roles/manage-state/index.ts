/** Mirrors what Kubernetes says about project pods into the database: the only writer of `projects.state`. */

import type { Life } from "../../src/core/life.ts";
import { keepTelling } from "../../src/domain/cluster-facts/fact-teller.ts";
import { PodEvents } from "../../src/domain/project-pods/pod-events.ts";
import { ProjectPods } from "../../src/domain/project-pods/project-pods.ts";
import { openProjectServers } from "../../src/domain/project-servers/project-servers.ts";
import { defineRole } from "../define-role.ts";
import { ClusterNodes } from "./cluster-nodes.ts";
import { manageStateConfig } from "./config.ts";
import { openStateMetrics } from "./metrics.ts";
import { StateMirror } from "./mirror.ts";

export default defineRole({
  name: "manage-state",
  summary: "Mirrors what Kubernetes says about project pods into the database.",
  needs: {
    db: true,
    kube: { pods: ["get", "list", "watch"], events: ["list", "watch"], nodes: ["get", "list", "watch"] },
    kubeWhere: { COCALC_COUNT_ALL_PODS: { "pods of all namespaces": ["list"] } },
  },
  config: manageStateConfig,
  async start(life, { log, metrics, ...parts }, config) {
    const [db, kube] = await Promise.all([parts.db(), parts.kube()]);
    let leading: StateMirror | undefined;
    const events = new PodEvents(life, kube, (projectId) => leading?.look(projectId));
    const pods = new ProjectPods(life, kube, {
      onChange: (projectId) => {
        leading?.look(projectId);
        clusterNodes.changed();
      },
      onRelist: () => void leading?.compare(),
    });
    const clusterNodes = new ClusterNodes(life, kube, pods);
    const servers = await openProjectServers(life, db, config);
    const shared = { servers, db, log, config, pods, events, metrics: openStateMetrics(metrics) };
    db.lead(life, { name: "manage-state", unfit: () => kube.health.unfit() }, async (term: Life, leader) => {
      const mirror = new StateMirror(term, { ...shared, leader });
      leading = mirror;
      term.defer("mirror", () => {
        leading = undefined;
      });
      if (config.countAllPods) clusterNodes.countEverywhere(term, log);
      keepTelling(term, { name: "nodes", look: () => clusterNodes.summary(), leader, log });
    });
  },
});
