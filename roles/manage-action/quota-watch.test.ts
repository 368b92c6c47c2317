import { expect, test } from "@jest/globals";
import { unavailable } from "../../src/core/errors.ts";
import { openMetrics } from "../../src/core/metrics.ts";
import { Mail } from "../../src/domain/mail/mail.ts";
import { Settings } from "../../src/domain/settings/settings.ts";
import type { ServiceRow } from "../../src/domain/starts/service-row.ts";
import type { Pod } from "../../src/kube/types.ts";
import { testLives } from "../../test/helpers/life.ts";
import { keptLog } from "../../test/helpers/log.ts";
import { openTestDb } from "../../test/helpers/postgres.ts";
import { until } from "../../test/helpers/until.ts";
import { openQuotaWatch, wakeUnsettled } from "./quota-watch.ts";

const newLife = testLives();

const pod = {} as Pod; // that there is one is all that is asked
const row = { ticket: null } as ServiceRow; // likewise of what is under way

function lookout(isSettled: (projectId: string) => Promise<boolean>) {
  const { log, lines } = keptLog();
  const woken: string[] = [];
  const parts = { log, pods: { get: () => pod }, records: { read: async () => row }, quotas: { isSettled } };
  return { lines, woken, look: () => wakeUnsettled(parts, ["bad", "good"], (projectId) => void woken.push(projectId)) };
}

test("one project whose quota cannot be found out kept all others from theirs: they are woken, and it is told of in the log", async () => {
  const { look, lines, woken } = lookout(async (projectId) => {
    if (projectId === "bad") throw new RangeError("Maximum call stack size exceeded");
    return false;
  });
  await look();
  expect(woken).toEqual(["good"]);
  expect(lines).toMatchObject([{ level: "error", fields: { projectId: "bad" } }]);
});

test("where the database is away all are looked at again", async () => {
  const { look, lines } = lookout(() => Promise.reject(unavailable("The database cannot be reached.")));
  await expect(look()).rejects.toMatchObject({ code: "unavailable" });
  expect(lines).toEqual([]);
});

test("managers who could not be told of the end of a licence kept what runs with it from what it gives", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  await db.execute(
    "INSERT INTO server_settings (name, value) VALUES ('email_enabled', 'yes'), ('email_backend', 'smtp')",
  );
  await db.execute("INSERT INTO accounts (account_id, email_address) VALUES (gen_random_uuid(), 'm@example.org')");
  await db.execute(
    `INSERT INTO site_licenses (activates, expires, managers)
     SELECT now() - interval '9 days', now() + interval '9 hours', array_agg(account_id::text) FROM accounts`,
  );
  await db.execute(
    "INSERT INTO projects (project_id, site_license) SELECT gen_random_uuid(), jsonb_build_object(id, '{}'::jsonb) FROM site_licenses",
  );
  await db.execute("ALTER TABLE outgoing_mail RENAME TO elsewhere"); // so that each telling fails
  const { log, lines } = keptLog();
  const woken: string[] = [];
  const parts = {
    db,
    log,
    mail: new Mail({ settings: new Settings(db, log), site: { basePath: "" }, log }),
    pods: { get: () => pod, projectIds: () => [] },
    records: { read: async () => row },
    quotas: { isSettled: async () => false },
    metrics: { registry: openMetrics({ defaults: false }) },
    config: { sweepSeconds: 60 },
  };
  openQuotaWatch(life, parts, (projectId) => void woken.push(projectId));
  await until(() => lines.some(({ message }) => message === "the managers of a licence cannot be told that it ends"));
  expect(woken).toEqual(
    (await db.query<{ project_id: string }>("SELECT project_id FROM projects")).map((of) => of.project_id),
  );
});
