/** What the site says of itself to anybody: public settings, whether signing up takes a token, the software environments. */

import { takesToken } from "../../src/domain/accounts/sign-up.ts";
import { publicSettings } from "../../src/domain/settings/values.ts";
import type { Software } from "../../src/protocol/software.ts";
import type { Hub } from "./hub.ts";

export interface Customization {
  configuration: Record<string, unknown>;
  registration: boolean;
  /** Ways to sign in besides a password: none in this installation. */
  strategies: never[];
  software: Software | null;
}

export async function customization(hub: Hub): Promise<Customization> {
  const [values, registration, software] = await Promise.all([
    hub.settings.values(),
    takesToken(hub.db),
    hub.software.value(),
  ]);
  return { configuration: publicSettings(values), registration, strategies: [], software };
}
