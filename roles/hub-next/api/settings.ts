/** Handlers of `/api/v2/admin/settings/…`. */

import { clusterQuotas } from "../../../src/domain/quotas/config.ts";
import { listSettings, setSetting } from "../../../src/domain/settings/change.ts";
import type { settingEndpoints } from "../../../src/protocol/api-v2-settings.ts";
import { type Handlers, OK } from "./call.ts";

export const settings: Handlers<keyof typeof settingEndpoints> = {
  "admin/settings/list": async ({ hub: { db, quotas } }) => ({
    settings: await listSettings(db),
    cluster: clusterQuotas(quotas),
  }),
  "admin/settings/set": async ({ hub, accountId: by }, { name, value }) => {
    const { forgotten } = await setSetting(hub.db, { name, value, by });
    hub.settings.forget(); // the notification is still on its way
    return { ...OK, forgotten };
  },
};
