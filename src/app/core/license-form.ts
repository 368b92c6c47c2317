/** What somebody types to make or change a licence, and the licence that it stands for. Pure. */

import { isForFew } from "../../domain/licenses/reach-rules.ts";
import { hostingOf } from "../../domain/quotas/license-rules.ts";
import type { EndpointInput } from "../../protocol/api-v2-table.ts";
import { readPatch } from "../../protocol/license-patch.ts";
import { type LicenseQuota, poolName, type SiteLicense } from "../../protocol/licenses.ts";
import { gpuQuota, MOST_GPUS } from "../../protocol/quotas.ts";

/** Every field as its control has it: texts, and what is ticked. */
export interface LicenseForm {
  title: string;
  description: string;
  /** As `<input type="datetime-local">` has it, in the reader's zone; "": never. */
  activates: string;
  /** The same; "": no end. */
  expires: string;
  /** One address or id on each line. */
  managers: string;
  restricted: boolean;
  /** "": any number. */
  run_limit: string;
  apply_limit: string;
  ram: string;
  dedicated_ram: string;
  cpu: string;
  dedicated_cpu: string;
  idle_timeout: string;
  always_running: boolean;
  member: boolean;
  boost: boolean;
  ext_rw: boolean;
  gpus: string;
  gpuResource: string;
  pool: string;
  patch: string;
}

const NUMBERS = ["ram", "dedicated_ram", "cpu", "dedicated_cpu"] as const;
const FLAGS = ["always_running", "member", "boost", "ext_rw"] as const;
const TEXTS = ["pool", "patch"] as const;

type KnownLicense = Omit<SiteLicense, "id" | "created" | "last_used" | "running"> & {
  managers: readonly { account_id: string; email_address?: string | null | undefined }[];
  apply_limit: number | null;
};

/** A licence that begins now, for as many projects as there are. */
export function emptyForm(now: number): LicenseForm {
  const nothing = { title: "", description: "", expires: null, managers: [], restricted: false };
  const activates = new Date(now).toISOString();
  return formOf({ ...nothing, activates, upgrades: null, quota: {}, run_limit: null, apply_limit: null });
}

export function formOf(license: KnownLicense): LicenseForm {
  const { quota, managers } = license;
  const amount = (value: unknown) => (typeof value === "number" ? String(value) : "");
  const gpu = quota?.gpu === true ? gpuQuota.parse({}) : quota?.gpu || undefined;
  return {
    title: license.title,
    description: license.description,
    activates: localTime(license.activates),
    expires: localTime(license.expires),
    managers: managers.map(({ account_id, email_address }) => email_address ?? account_id).join("\n"),
    restricted: license.restricted,
    run_limit: amount(license.run_limit),
    apply_limit: amount(license.apply_limit),
    ...fieldsOf(NUMBERS, (name) => amount(quota?.[name])),
    ...fieldsOf(FLAGS, (name) => quota?.[name] === true),
    member: hostingOf(quota ?? {}).isMember, // which a time until it stops implies
    ...fieldsOf(TEXTS, (name) => quota?.[name] ?? ""),
    idle_timeout: quota?.idle_timeout ?? "",
    gpus: amount(gpu?.num),
    gpuResource: gpu?.resource ?? "",
  };
}

/** What makes a licence of a form; what `before` gives and the form does not have stays as it is. */
export function licenseOfForm(
  form: LicenseForm,
  before: LicenseQuota | null = null,
): EndpointInput<"admin/licenses/create"> {
  const whole = (text: string) => (text.trim() === "" ? null : Number(text));
  const quota = quotaOfForm(form, before ?? {});
  return {
    title: form.title.trim(),
    description: form.description,
    activates: isoTime(form.activates),
    expires: isoTime(form.expires),
    managers: form.managers
      .split(/[\s,;]+/)
      .map((line) => line.trim())
      .filter(Boolean),
    restricted: form.restricted || isForFew(quota),
    run_limit: whole(form.run_limit),
    apply_limit: whole(form.apply_limit),
    quota,
  };
}

/** What changes a licence: the fields of it that are another now, since a moment is shown to the minute only. */
export function changeOfForm(form: LicenseForm, before: KnownLicense): EndpointInput<"admin/licenses/create"> {
  const known: Record<string, unknown> = licenseOfForm(formOf(before), before.quota);
  const isOther = ([name, value]: [string, unknown]) => JSON.stringify(value) !== JSON.stringify(known[name]);
  return Object.fromEntries(Object.entries(licenseOfForm(form, before.quota)).filter(isOther));
}

/** What a form gives to a project; what is nought or not ticked is left out. */
export function quotaOfForm(form: LicenseForm, before: LicenseQuota): LicenseQuota {
  const { gpu: gpuBefore, ...quota } = { ...before };
  for (const name of [...NUMBERS, ...FLAGS, ...TEXTS, "idle_timeout"] as const) delete quota[name];
  for (const name of NUMBERS) if (Number(form[name]) > 0) quota[name] = Number(form[name]);
  for (const name of FLAGS) if (form[name]) quota[name] = true;
  for (const name of TEXTS) if (form[name].trim() !== "") quota[name] = form[name].trim();
  const idle = form.idle_timeout;
  if (idle === "short" || idle === "medium" || idle === "day") {
    quota.idle_timeout = idle;
    quota.member = form.member; // which it else implies
  }
  const num = Number(form.gpus);
  if (!(num > 0)) return quota;
  const { resource: _, ...rest } = typeof gpuBefore === "object" ? gpuBefore : {};
  return {
    ...quota,
    gpu: { ...rest, num, ...(form.gpuResource.trim() !== "" && { resource: form.gpuResource.trim() }) },
  };
}

/** What cannot be sent, by field, in words. */
export function formProblems(form: LicenseForm): Partial<Record<keyof LicenseForm, string>> {
  const problems: Partial<Record<keyof LicenseForm, string>> = {};
  for (const name of NUMBERS) if (!(Number(form[name]) >= 0)) problems[name] = "Type a number, or nothing.";
  for (const name of ["run_limit", "apply_limit", "gpus"] as const)
    if (!/^\d*$/.test(form[name].trim())) problems[name] = "Type a whole number, or nothing.";
  if (Number(form.gpus) > MOST_GPUS) problems.gpus = `Type a number up to ${MOST_GPUS}.`;
  if (form.activates !== "" && form.expires !== "" && form.expires <= form.activates)
    problems.expires = "The end has to be after the beginning.";
  if (form.idle_timeout === "day" && !form.member) problems.idle_timeout = "A day goes with “For members” alone.";
  const patch = form.patch.trim();
  const { problem } = patch === "" ? {} : readPatch(patch);
  if (problem !== undefined) problems.patch = `It ${problem}.`;
  const pool = form.pool.trim();
  const [wrongPool] = pool === "" ? [] : (poolName.safeParse(pool).error?.issues ?? []);
  if (wrongPool !== undefined) problems.pool = `It ${wrongPool.message}.`;
  return problems;
}

/** The same of a change: what stands there already, by SQL, may stay. */
export function changeProblems(form: LicenseForm, before: KnownLicense): ReturnType<typeof formProblems> {
  const was = formOf(before);
  const had = formProblems(was);
  const isNew = ([name, problem]: [string, string]) => {
    const field = name as keyof LicenseForm; // by which problems are kept
    return problem !== had[field] || form[field] !== was[field];
  };
  return Object.fromEntries(Object.entries(formProblems(form)).filter(isNew));
}

function fieldsOf<N extends string, V>(names: readonly N[], of: (name: N) => V): Record<N, V> {
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<N, V>; // every name has its value
}

/** "2030-01-02T03:04", as such a field takes it, in the reader's zone; "" for null. */
function localTime(time: string | null): string {
  if (time === null) return "";
  const date = new Date(time);
  const pad = (number: number) => String(number).padStart(2, "0");
  return `${String(date.getFullYear()).padStart(4, "0")}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

function isoTime(local: string): string | null {
  const date = new Date(local);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
