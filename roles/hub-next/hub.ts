/** What every page and endpoint of this role is given. */

import type { Logger } from "../../src/core/log.ts";
import type { Metrics } from "../../src/core/metrics.ts";
import type { Db } from "../../src/db/db.ts";
import type { Access } from "../../src/domain/access/access.ts";
import type { Mail } from "../../src/domain/mail/mail.ts";
import type { ActionBudget } from "../../src/domain/projects/action-budget.ts";
import type { QuotaConfig } from "../../src/domain/quotas/config.ts";
import type { RateLimits } from "../../src/domain/rate-limits/rate-limits.ts";
import type { Settings } from "../../src/domain/settings/settings.ts";
import type { ForwardedConfig } from "../../src/net/visitor/forwarded.ts";
import type { SiteConfig } from "../../src/net/visitor/site.ts";
import type { CallBudget } from "./api/call-budget.ts";
import type { SoftwareFile } from "./software-file.ts";

export interface Hub {
  db: Db;
  access: Access;
  settings: Settings;
  limits: RateLimits;
  calls: CallBudget;
  /** Of starts and stops. */
  actions: ActionBudget;
  mail: Mail;
  software: SoftwareFile;
  site: SiteConfig & ForwardedConfig;
  /** What the environment says of quotas: the same as manage-action is told. */
  quotas: QuotaConfig;
  log: Logger;
  metrics: Metrics;
}
