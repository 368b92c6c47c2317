/** Whatever befalls the way to a project's server: who asks gets an answer or words within the deadline, and afterwards it works again. */

import { test } from "@jest/globals";
import { faultsOf } from "../../faults/fault.ts";
import { outliveProjectServerFault } from "../../faults/project-server.ts";
import { testLives } from "../../helpers/life.ts";
import { openProject } from "./site.ts";

const newLife = testLives();

test.each(faultsOf([1_000, 3_000]))(
  "a project's server is asked in time through $kind (seed $seed), and answers afterwards",
  async (fault) => {
    const life = newLife();
    await outliveProjectServerFault(life, await openProject(life), fault);
  },
);
