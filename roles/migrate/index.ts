/** Brings the database schema up to date and ends: a hook of an installation, and a step of starting locally. */

import { dbConfig } from "../../src/db/config.ts";
import { migrate } from "../../src/db/migrate.ts";
import { defineRole } from "../define-role.ts";

export default defineRole({
  name: "migrate",
  summary: "Brings the database schema up to date, then ends.",
  needs: {},
  config: dbConfig,
  async start(_life, { log }, config) {
    const done = await migrate(config);
    log.info({ migrations: done }, "the schema is up to date");
  },
});
