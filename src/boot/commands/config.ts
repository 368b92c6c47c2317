/** `cocalc-k8s config [ROLE]`: every variable that is read, or that a role reads, generated from the schemas. */

import type { Command } from "commander";
import { loadRole } from "../../../roles/index.ts";
import { type RoleName, roleNames } from "../../../roles/names.ts";
import { describeConfig, type SettingDescription } from "../../core/config.ts";
import { processConfig } from "../process-config.ts";
import { rolesNamed } from "../start-roles.ts";
import { table } from "../table.ts";

interface ConfigSection {
  title: string;
  settings: SettingDescription[];
}

/** What a process with this role reads: its own, what its parts need, and what every process reads. */
async function configOf(name: RoleName): Promise<ConfigSection[]> {
  const role = await loadRole(name);
  const sections = [{ title: `role ${name}`, settings: describeConfig(role.config) }];
  if (role.needs.db) {
    const { dbConfig } = await import("../../db/config.ts");
    sections.push({ title: "database", settings: describeConfig(dbConfig) });
  }
  if (role.needs.kube) {
    const { kubeConfig } = await import("../../kube/config.ts");
    sections.push({ title: "Kubernetes", settings: describeConfig(kubeConfig) });
  }
  sections.push({ title: "every process", settings: describeConfig(processConfig) });
  return sections.filter(({ settings }) => settings.length > 0);
}

/** What all roles read, each section once, and what `cocalc-k8s local` reads besides. */
async function wholeConfig(): Promise<ConfigSection[]> {
  const { localConfig } = await import("../../local/config.ts");
  return [...(await configOfAll(roleNames)), { title: "one machine", settings: describeConfig(localConfig) }];
}

/** The sections of several roles, those they share once. */
async function configOfAll(names: readonly RoleName[]): Promise<ConfigSection[]> {
  const sections = (await Promise.all(names.map(configOf))).flat();
  return [...new Map(sections.map((section) => [section.title, section])).values()];
}

export function config(program: Command): void {
  program
    .command("config")
    .argument("[role]", "only what this role or group reads")
    .description("List every environment variable that is read: type, default, meaning.")
    .action(async (name?: string) => {
      const sections = await (name === undefined ? wholeConfig() : configOfAll(rolesNamed([name])));
      const text = sections.map(({ title, settings }) => {
        const rows = settings.map(({ env, type, default: standard, meaning }) => [env, type, standard, meaning]);
        return `${title}\n${table([["VARIABLE", "TYPE", "DEFAULT", "MEANING"], ...rows])}`;
      });
      process.stdout.write(text.join("\n"));
    });
}
