/** `cocalc-k8s admin setting …`: the settings of the site. */

import type { Command } from "commander";
import { table } from "../table.ts";
import { withDb } from "./with-db.ts";

export function adminSetting(admin: Command): void {
  const command = admin
    .command("setting")
    .description("Settings of the site; every process has a change within a second.");
  command
    .command("list")
    .option("--set", "only those that are set")
    .description("List the settings with their values and what they mean.")
    .action(({ set = false }: { set?: boolean }) => list(set));
  command.command("get").argument("<name>").description("Print the value of a setting, or its default.").action(get);
  command
    .command("set")
    .argument("<name>")
    .argument("<value>")
    .description("Set a setting; a bad value is refused with the reason.")
    .action((name: string, value: string) => set(name, value));
  command
    .command("reset")
    .argument("<name>")
    .description("Let a setting go back to its default.")
    .action((name: string) => set(name, null));
}

async function list(onlySet: boolean): Promise<void> {
  const { listSettings } = await import("../../domain/settings/change.ts");
  await withDb(async (db) => {
    const settings = (await listSettings(db)).filter(({ isSet }) => isSet || !onlySet);
    const rows = settings.map((setting) => [setting.name, inWords(setting), note(setting), setting.meaning]);
    process.stdout.write(table([["NAME", "VALUE", "", "MEANING"], ...rows]));
  });
}

async function get(name: string): Promise<void> {
  const { settingNamed } = await import("../../domain/settings/change.ts");
  await withDb(async (db) => void process.stdout.write(`${inWords(await settingNamed(db, name))}\n`));
}

async function set(name: string, value: string | null): Promise<void> {
  const { setSetting } = await import("../../domain/settings/change.ts");
  await withDb(async (db) => void (await setSetting(db, { name, value })));
  process.stdout.write(value === null ? `${name} has its default again.\n` : `${name} is set.\n`);
}

interface Setting {
  value: string | null;
  default: string;
  isSet: boolean;
  isSecret: boolean;
  readonly: boolean;
  problem: string | null;
}

/** On one line; passwords are told to nobody. */
function inWords({ value, isSet, isSecret, default: standard }: Setting): string {
  if (isSecret) return isSet ? "(a secret)" : "";
  return (value ?? standard).replaceAll("\n", "\\n");
}

function note({ isSet, readonly, problem }: Setting): string {
  if (problem !== null) return `wrong: ${problem}`;
  if (readonly) return "fixed";
  return isSet ? "set" : "default";
}
