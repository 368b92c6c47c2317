/** The role `hub-next`: the server-rendered pages and `/api/v2`; holds no rights in the cluster. */

import { Backoff } from "../../src/core/backoff.ts";
import { sleep } from "../../src/core/clock.ts";
import { messageOf } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import { openAccess } from "../../src/domain/access/access.ts";
import { accountMail } from "../../src/domain/accounts/compose-mail.ts";
import { Mail } from "../../src/domain/mail/mail.ts";
import { openPostman } from "../../src/domain/mail/postman.ts";
import { ActionBudget } from "../../src/domain/projects/action-budget.ts";
import { RateLimits } from "../../src/domain/rate-limits/rate-limits.ts";
import { storeFixedSettings } from "../../src/domain/settings/environment.ts";
import { openSettings } from "../../src/domain/settings/settings.ts";
import { serveHttp } from "../../src/net/serve/serve.ts";
import { defineRole, type Parts } from "../define-role.ts";
import { CallBudget } from "./api/call-budget.ts";
import { hubApp } from "./app.ts";
import { type HubNextConfig, hubNextConfig } from "./config.ts";
import type { Hub } from "./hub.ts";
import { requestWatch } from "./observe.ts";
import { SoftwareFile } from "./software-file.ts";
import { keepSweeping } from "./sweep.ts";

export default defineRole({
  name: "hub-next",
  summary: "Serves the pages for everybody (landing, sign-up, sign-in, policies) and the API /api/v2.",
  needs: { db: true, http: true },
  config: hubNextConfig,
  async start(life, parts, config) {
    const { log, metrics, listen, addresses } = parts;
    const db = await parts.db();
    const settings = await openSettings(life, db, { log });
    const access = await openAccess(life, db, { log });
    const limits = new RateLimits(db);
    const hub: Hub = {
      db,
      access,
      settings,
      limits,
      calls: new CallBudget(config),
      actions: new ActionBudget(),
      mail: new Mail({ settings, site: config, log }),
      software: new SoftwareFile(config.softwareFolder, log),
      site: config,
      quotas: config,
      log,
      metrics,
    };
    await storeSettings(life, { parts, hub, config });
    await openPostman(life, { db, correspondence: accountMail, settings, site: config, log, metrics });
    keepSweeping(life, hub);
    const serving = await serveHttp(life, {
      name: "hub-next",
      listen,
      log,
      handle: hubApp(hub),
      watch: requestWatch(hub),
      requestTimeoutMs: 60_000,
    });
    addresses.announce("hub-next", serving.origin);
  },
});

/**
 * Stores them before this role serves; when the database is away, keeps trying meanwhile. Not ready before that, and ready ever after, also
 * while the database is away.
 */
async function storeSettings(
  life: Life,
  { parts, hub, config }: { parts: Parts; hub: Hub; config: HubNextConfig },
): Promise<void> {
  let problem: string | undefined = "the site settings have not been stored yet";
  parts.readiness("hub-next", () => problem);
  const store = async () => {
    try {
      await storeFixedSettings(hub.db, config);
      problem = undefined;
    } catch (error) {
      problem = `the site settings cannot be stored: ${messageOf(error)}`;
      if (life.signal.aborted) return; // it is not tried again, and the pool may have ended before
      hub.log.warn({ reason: messageOf(error) }, "the fixed settings cannot be stored; trying again");
    }
  };
  await store();
  life.run("fixed settings", async (signal) => {
    const backoff = new Backoff({ firstMs: 200, maxMs: 10_000 });
    while (problem !== undefined && !signal.aborted) {
      await sleep(backoff.next(), signal);
      if (!signal.aborted) await store();
    }
  });
}
