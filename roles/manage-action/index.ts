/** Serves requests: whoever writes `projects.action_request` gets a pod, or gets rid of it. One replica leads, the others wait. */

import type { Life } from "../../src/core/life.ts";
import { Seats } from "../../src/domain/licenses/seats.ts";
import { Mail } from "../../src/domain/mail/mail.ts";
import { ProjectPods } from "../../src/domain/project-pods/project-pods.ts";
import { openSettings } from "../../src/domain/settings/settings.ts";
import { Turns } from "../../src/domain/starts/turns.ts";
import { defineRole } from "../define-role.ts";
import { manageActionConfig } from "./config.ts";
import { openActionMetrics } from "./metrics.ts";
import { PodMaker } from "./pod-maker.ts";
import { ProjectQuotas } from "./project-quotas.ts";
import { Records } from "./records.ts";
import { Refusals } from "./refusals.ts";
import { ActionService } from "./service.ts";
import { SiteQuotas } from "./site-quotas.ts";

export default defineRole({
  name: "manage-action",
  summary: "Starts and stops projects as the database asks.",
  needs: {
    db: true,
    kube: {
      pods: ["get", "list", "watch", "create", "delete"],
      "pods/log": ["get"],
      "pods/resize": ["patch"],
      configmaps: ["list", "watch"],
      nodes: ["get"],
    },
  },
  config: manageActionConfig,
  async start(life, { log, metrics, ...parts }, config) {
    const [db, kube] = await Promise.all([parts.db(), parts.kube()]);
    let leading: ActionService | undefined;
    // Replicas that wait keep their caches warm, so that they take over at once.
    const pods = new ProjectPods(life, kube, { onChange: (...change) => leading?.onPod(...change) });
    const settings = await openSettings(life, db, { log });
    const maker = new PodMaker(life, { db, kube, log, metrics, settings, config });
    const mail = new Mail({ settings, site: config, log });
    const site = new SiteQuotas({ settings, log });
    const shared = { db, log, config, pods, maker, mail, metrics: openActionMetrics(metrics) };
    db.lead(life, { name: "manage-action", unfit: () => kube.health.unfit() }, async (term: Life, leader) => {
      const records = new Records(db, leader);
      const seats = new Seats((projectId) => leading?.wake(projectId));
      const service = new ActionService({
        ...shared,
        leader,
        turns: new Turns(config.startsInFlight),
        records,
        seats,
        quotas: new ProjectQuotas({ site, seats, records, config }),
        refusals: new Refusals(),
        signal: term.signal,
      });
      leading = service;
      term.defer("service", () => {
        leading = undefined;
      });
      await service.open(term);
    });
  },
});
