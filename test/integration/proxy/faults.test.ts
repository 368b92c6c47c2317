/** hub-proxy's connections to a project's server live through whatever befalls them: small questions, uploads and WebSockets. */

import { test } from "@jest/globals";
import { faultsOf } from "../../faults/fault.ts";
import { openHubProxySite, outliveHubProxyFault } from "../../faults/hub-proxy.ts";
import { testLives } from "../../helpers/life.ts";
import { openTestDb } from "../../helpers/postgres.ts";

const newLife = testLives();

test.each(faultsOf([1_000, 2_000]))(
  "requests and WebSockets to a project go on after $kind (seed $seed)",
  async (fault) => {
    const life = newLife();
    await outliveHubProxyFault(life, await openHubProxySite(life, await openTestDb(life)), fault);
  },
);
