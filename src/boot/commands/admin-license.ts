/** `cocalc-k8s admin license …`: licences without the site's pages. */

import type { Command } from "commander";
import { idIn } from "../../core/uuid.ts";
import type { LicenseWords } from "../../domain/licenses/from-words.ts";
import { table } from "../table.ts";
import { withDb } from "./with-db.ts";

export function adminLicense(admin: Command): void {
  const command = admin
    .command("license")
    .description("Licences: make, change, end and hand them out, and who has them.");
  command
    .command("list")
    .option("--search <words>", "words of title or description, an id, or the e-mail address of a manager", "")
    .description("List licences, newest first.")
    .action(({ search }: { search: string }) => list(search));
  command
    .command("show")
    .argument("<license_id>")
    .description("Show one licence and the projects that have it.")
    .action(show);
  describing(command.command("create"))
    .description("Make a licence, in force from now on unless --activates says otherwise; its id is printed.")
    .action(create);
  describing(command.command("update").argument("<license_id>"))
    .option("--also-for <n>", "so many projects have it and get what is for few, too, such as ext_rw or pool", Number)
    .description("Change a licence; what is not named stays.")
    .action(update);
  command
    .command("expire")
    .argument("<license_id>")
    .description("End a licence now. Projects that run keep what they have until their next start.")
    .action((id: string) => update(id, { expires: "now" }));
  for (const action of ["assign", "unassign"] as const) {
    command
      .command(action)
      .argument("<license_id>")
      .argument("<project_id...>")
      .description(action === "assign" ? "Give a licence to projects." : "Take a licence from projects.")
      .action((licenseId: string, projectIds: string[]) => handOut(action, licenseId, projectIds));
  }
}

function describing(command: Command): Command {
  return command
    .option("--title <text>", "what it is called")
    .option("--description <text>", "what it is for")
    .option("--quota <json>", 'what it gives: ram and disk in GB, cpu in cores, such as {"ram":4,"cpu":2}; or none')
    .option("--activates <time>", "when it begins: a day, a moment in ISO 8601, now, or none for not yet")
    .option("--expires <time>", "when it ends: as above, or none for never")
    .option("--run-limit <n>", "how many projects may run with it at the same time, or none")
    .option("--apply-limit <n>", "how many projects may have it, or none")
    .option("--manager <email...>", "accounts that hand it out, by e-mail address or id; all of them")
    .option("--restricted", "only its managers and administrators give it to projects")
    .option("--no-restricted", "whoever knows its id gives it to projects of theirs");
}

async function list(search: string): Promise<void> {
  const { licensePage } = await import("../../domain/licenses/find.ts");
  await withDb(async (db) => {
    const rows = [["ID", "BEGINS", "ENDS", "RUNNING", "PROJECTS", "TITLE"]];
    for (let after: string | undefined | null; after !== null; ) {
      const page = await licensePage(db, { search, limit: 200, after });
      for (const { id, activates, expires, running, run_limit, projects, title } of page.licenses) {
        const places = `${running}${run_limit === null ? "" : ` of ${run_limit}`}`;
        rows.push([id, activates ?? "not yet", expires ?? "never", places, String(projects), title]);
      }
      after = page.next;
    }
    process.stdout.write(table(rows));
  });
}

async function show(text: string): Promise<void> {
  const [{ managedLicenseById }, { projectsWithLicense }] = await Promise.all([
    import("../../domain/licenses/find.ts"),
    import("../../domain/licenses/projects.ts"),
  ]);
  const licenseId = idIn(text, "licence");
  await withDb(async (db) => {
    const { managers, ...license } = await managedLicenseById(db, licenseId);
    const told = Object.entries(license).map(([name, value]) => [name, inWords(value)]);
    process.stdout.write(
      table([...told, ["managers", managers.map((one) => one.email_address ?? one.account_id).join(", ")], [""]]),
    );
    const rows = [["PROJECT", "STATE", "STATUS", "TITLE"]];
    for (let after: string | undefined | null; after !== null; ) {
      const page = await projectsWithLicense(db, { licenseId, limit: 500, running: false, after });
      for (const { project_id, state, status, title } of page.projects)
        rows.push([project_id, state ?? "-", status ?? "-", title]);
      after = page.next;
    }
    process.stdout.write(table(rows));
  });
}

const inWords = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

async function create(words: LicenseWords): Promise<void> {
  const { licenseFromWords } = await import("../../domain/licenses/from-words.ts");
  const { makeLicense } = await import("../../domain/licenses/change.ts");
  const license = licenseFromWords(words);
  await withDb(async (db) => void process.stdout.write(`${await makeLicense(db, license)}\n`));
}

async function update(text: string, { alsoFor, ...words }: LicenseWords & { alsoFor?: number }): Promise<void> {
  const { licenseFromWords } = await import("../../domain/licenses/from-words.ts");
  const { changeLicense } = await import("../../domain/licenses/change.ts");
  const [id, change] = [idIn(text, "licence"), licenseFromWords(words)];
  await withDb((db) => changeLicense(db, id, { ...change, also_for: alsoFor }));
  process.stdout.write(`Changed: ${id}\n`);
}

async function handOut(action: "assign" | "unassign", license: string, projects: string[]): Promise<void> {
  const { giveLicense, takeLicense } = await import("../../domain/licenses/hand-out.ts");
  const handing = {
    licenseId: idIn(license, "licence"),
    projectIds: projects.map((id) => idIn(id, "project")),
    by: { accountId: undefined, isAdmin: true },
  };
  await withDb((db) => (action === "assign" ? giveLicense : takeLicense)(db, handing));
  const [many, have, are] = projects.length === 1 ? ["project", "has", "is"] : ["projects", "have", "are"];
  process.stdout.write(`${projects.length} ${many} ${action === "assign" ? have : `${are} without`} ${license}.\n`);
}
