/** `cocalc-k8s admin quota …`: what a project may use, and what an administrator grants it. */

import type { Command } from "commander";
import { readConfig } from "../../core/config.ts";
import { environment } from "../../core/env.ts";
import { idIn } from "../../core/uuid.ts";
import { oneLine, table } from "../table.ts";
import { withDb } from "./with-db.ts";

export function adminQuota(admin: Command): void {
  const command = admin.command("quota").description("What a project may use, and what is granted to it.");
  command
    .command("show")
    .argument("<project_id>")
    .description(
      "Show what a project was given last and would have at its next start, what was granted to it, and its licences.",
    )
    .action(show);
  command
    .command("set")
    .argument("<project_id>")
    .argument("<name=value...>")
    .description(
      "Grant a project more than the site's defaults: memory_limit, memory_request (MB), cpu_limit, cpu_request (cores), internet, " +
        "disable_internet (yes or no), pool (of machines); none takes it back. disk_quota (MB), idle_timeout (seconds), member_host and " +
        "always_running are kept, and nothing heeds them yet.",
    )
    .action(set);
}

async function show(projectId: string): Promise<void> {
  const [
    { projectQuota },
    { quotaConfig },
    { runQuota },
    { isTold },
    { readSettingsTable },
    { siteQuotas, unknownQuotaSettings },
  ] = await Promise.all([
    import("../../domain/licenses/project-quota.ts"),
    import("../../domain/quotas/config.ts"),
    import("../../domain/quotas/rules.ts"),
    import("../../domain/quotas/words-rules.ts"),
    import("../../domain/settings/settings.ts"),
    import("../../domain/settings/values.ts"),
  ]);
  const id = idIn(projectId, "project");
  await withDb(async (db) => {
    const [site, { run_quota, pending_quota, ...ofProject }] = await Promise.all([
      readSettingsTable(db),
      projectQuota(db, id),
    ]);
    const next = runQuota({ ...siteQuotas(site.values), ...readConfig(quotaConfig, environment()), ...ofProject });
    const unread = unknownQuotaSettings(site);
    const rows = Object.entries(next).map(([name, value]) => {
      const row = [name, inWords(run_quota?.[name]), unread.length > 0 ? "not known" : inWords(value)];
      return isTold(name) ? row : [...row, "kept only"];
    });
    process.stdout.write(table([["", "LAST GIVEN", "AT THE NEXT START"], ...rows]));
    if (unread.length > 0) {
      process.stdout.write(
        `\nIt is not known what its next start gives it while ${unread.join(", ")} of the site cannot be read: \`cocalc-k8s doctor\` says what is wrong with them.\n`,
      );
    }
    if (pending_quota !== null) process.stdout.write(`\n${oneLine(pending_quota.message)}\n`);
    process.stdout.write(`\nGranted: ${oneLine(JSON.stringify(ofProject.settings))}\n`);
    for (const { id: license, title = "", status, reason, last } of ofProject.licenses) {
      const became = status === "valid" ? { status, ...last } : { status, reason };
      process.stdout.write(`${oneLine(`Licence ${license} ${title}: ${became.status}. ${became.reason ?? ""}`)}\n`);
    }
  });
}

const inWords = (value: unknown) => (value === undefined ? "-" : JSON.stringify(value));

async function set(projectId: string, words: string[]): Promise<void> {
  const { adminQuotasFromWords } = await import("../../domain/quotas/from-words.ts");
  const { setAdminQuotas } = await import("../../domain/quotas/admin-quotas.ts");
  const [id, quotas] = [idIn(projectId, "project"), adminQuotasFromWords(words)];
  await withDb((db) => setAdminQuotas(db, { projectId: id, quotas }));
  process.stdout.write(
    `Granted to ${id}: what runs is changed where it can be, the rest counts from its next start.\n`,
  );
}
