/** `cocalc-k8s admin …`: who is an administrator, and what only an administrator may ask for. */

import type { Command } from "commander";
import { readConfig } from "../../core/config.ts";
import { environment } from "../../core/env.ts";
import type { Db } from "../../db/db.ts";
import { siteConfig } from "../../net/visitor/site.ts";
import { adminLicense } from "./admin-license.ts";
import { adminQuota } from "./admin-quota.ts";
import { adminSetting } from "./admin-setting.ts";
import { withDb } from "./with-db.ts";

export function admin(program: Command): void {
  const command = program
    .command("admin")
    .description(
      "What takes the database itself: administrators, licences, quotas, settings, links to choose a new password, projects on dead machines or without an owner.",
    );
  adminLicense(command);
  adminQuota(command);
  adminSetting(command);
  command
    .command("grant")
    .argument("<email>")
    .description("Make the account with this e-mail address an administrator.")
    .action(async (email: string) => {
      const { grantAdmin } = await import("../../domain/accounts/admin.ts");
      await withDb((db) => grantAdmin(db, email));
      process.stdout.write(`${email} is an administrator.\n`);
    });
  command
    .command("revoke")
    .argument("<email>")
    .description("Take the rights of an administrator from the account with this e-mail address.")
    .action(async (email: string) => {
      const { revokeAdmin } = await import("../../domain/accounts/admin.ts");
      await withDb((db) => revokeAdmin(db, email));
      process.stdout.write(`${email} is not an administrator.\n`);
    });
  command
    .command("reset-link")
    .argument("<email>")
    .description("Print a link with which the owner of this account chooses a new password: once, within one hour.")
    .action(async (email: string) => {
      await withDb(async (db) => void process.stdout.write(await resetLinkInWords(db, email)));
    });
  command
    .command("force-stop")
    .argument("<project_id>")
    .description("Stop a project without waiting for its machine. Only when you know that the machine is off!")
    .action(async (projectId: string) => {
      const { forceStop } = await import("../../domain/projects/force-stop.ts");
      await withDb((db) => forceStop(db, projectId));
      process.stdout.write(`Asked for: what runs of the project ${projectId} is removed from the cluster.\n`);
    });
  command
    .command("hand-over")
    .argument("<project_id>")
    .argument("<email>")
    .description("Make the account with this e-mail address the owner of a project whose owners' accounts are gone.")
    .action(async (projectId: string, email: string) => {
      const { handOver } = await import("../../domain/accounts/hand-over.ts");
      await withDb((db) => handOver(db, { projectId, email }));
      process.stdout.write(`${email} owns the project ${projectId}.\n`);
    });
}

/** The link is told here and nowhere else. */
async function resetLinkInWords(db: Db, email: string): Promise<string> {
  const [{ newResetByAdmin, resetPath }, { siteAddress }, { readSettings }] = await Promise.all([
    import("../../domain/accounts/password-reset.ts"),
    import("../../domain/mail/mail-state.ts"),
    import("../../domain/settings/settings.ts"),
  ]);
  const address = siteAddress(await readSettings(db), readConfig(siteConfig, environment()));
  const path = resetPath(await newResetByAdmin(db, email));
  const where =
    address === undefined
      ? `${path}\nbelow the address of your site (with COCALC_ORIGIN or the setting dns, it is printed whole)`
      : address + path;
  return `Once, within one hour, this sets a new password for ${email}; give it to nobody else:\n\n${where}\n\n`;
}
