/** The parts of a quota in the words of users: what each is called, how much it is, and what somebody gets who gets it. Pure. */

import type { RunQuota } from "../../protocol/quotas.ts";
import { type QuotaChange, type QuotaField, quotaChanges } from "./changes-rules.ts";
import { megabyteWords } from "./memory-words-rules.ts";

/** Nothing that runs heeds these: they are kept and looked at by whoever likes, and nobody is told that they had something of it. */
type UnheededField =
  | "disk_quota"
  | "idle_timeout"
  | "always_running"
  | "member_host"
  | "privileged"
  | "dedicated_vm"
  | "dedicated_disks";
export type ToldField = Exclude<QuotaField, UnheededField>;
type AmountField = "memory_limit" | "memory_request" | "cpu_limit" | "cpu_request";

interface FieldWords<Value> {
  name: string;
  /** How much it is, after the name: "4 GB", "yes". */
  value: (value: Value) => string;
  /** What a project gets, in the midst of a sentence: "4 GB of memory". */
  gain: (value: Value) => string;
}

/** In the order in which they are shown. */
const WORDS: { readonly [Field in ToldField]: FieldWords<RunQuota[Field]> } = {
  memory_limit: { name: "Memory", value: megabyteWords, gain: (mb) => `${megabyteWords(mb)} of memory` },
  memory_request: {
    name: "Memory set aside",
    value: megabyteWords,
    gain: (mb) => `${megabyteWords(mb)} of memory set aside for it`,
  },
  cpu_limit: { name: "Processor", value: coresWords, gain: processorWords },
  cpu_request: {
    name: "Processor set aside",
    value: coresWords,
    gain: (cores) => `${processorWords(cores)} set aside for it`,
  },
  network: {
    name: "Internet",
    value: yesOrNo,
    gain: (is) => (is ? "access to the internet" : "no access to the internet"),
  },
  gpu: {
    name: "Graphics processors",
    value: (gpu) => (gpu === false ? "none" : String(gpu.num)),
    gain: (gpu) => (gpu === false ? "no graphics processor" : gpuWords(gpu.num)),
  },
  pool: {
    name: "Pool of machines",
    value: (pool) => pool ?? "none",
    gain: (pool) => (pool === undefined ? "a machine like any other project's" : `a machine of the pool ${pool}`),
  },
  ext_rw: {
    name: "May write the shared software",
    value: yesOrNo,
    gain: (is) => (is === true ? "shared software that it may change" : "shared software to read only"),
  },
  patch: {
    name: "Changes of its pod",
    value: (patch = []) => (patch.length === 0 ? "none" : String(patch.length)),
    gain: () => "other settings of its pod",
  },
};

const TOLD = Object.keys(WORDS) as ToldField[]; // the keys of the table above
/** Does anything that runs heed it? */
export const isTold = (field: string): field is ToldField => Object.hasOwn(WORDS, field);

/** What a field is called. */
export const fieldName = (field: ToldField): string => WORDS[field].name;

/** The name of a field in which an amount is typed, with its unit. */
export function typedName(field: AmountField): string {
  return `${fieldName(field)} (${field.startsWith("cpu") ? "cores" : "MB"})`;
}

/** How much of it there is. */
export function fieldValue<Field extends ToldField>(field: Field, value: RunQuota[Field]): string {
  return WORDS[field].value(value);
}

const valueIn = <Field extends ToldField>(field: Field, quota: RunQuota) => fieldValue(field, quota[field]);

/** A change as it is told. */
export interface ToldChange extends Pick<QuotaChange, "inPlace" | "lower"> {
  field: ToldField;
  name: string;
  before: string;
  after: string;
}

/** What differs of what can be felt. */
export function toldChanges(before: RunQuota, after: RunQuota): ToldChange[] {
  const changes = new Map(quotaChanges(before, after).map((change) => [change.field, change]));
  return TOLD.flatMap((field) => {
    const { inPlace, lower } = changes.get(field) ?? {};
    if (inPlace === undefined || lower === undefined) return [];
    const values = { before: valueIn(field, before), after: valueIn(field, after) };
    return { field, name: fieldName(field), ...values, inPlace, lower };
  });
}

/** What a project that has `before` gets with `after`: "4 GB of memory, 2 processor cores, access to the internet". */
export function gainInWords(before: RunQuota, after: RunQuota): string {
  const fields = quotaChanges(before, after).map(({ field }) => field);
  const gains = fields.filter(isTold).map((field) => gainOf(field, after));
  return gains.length === 0 ? "another quota" : gains.join(", ");
}

const gainOf = <Field extends ToldField>(field: Field, quota: RunQuota) => WORDS[field].gain(quota[field]);

/** "2 cores", "0.5 cores". */
export function coresWords(cores: number): string {
  return counted(cores, "core");
}

/** "2 processor cores". */
function processorWords(cores: number): string {
  return counted(cores, "processor core");
}

/** "1 graphics processor". */
export function gpuWords(num: number): string {
  return counted(num, "graphics processor");
}

function counted(number: number, one: string): string {
  const rounded = Math.round(number * 100) / 100;
  return `${rounded.toLocaleString("en")} ${rounded === 1 ? one : `${one}s`}`;
}

function yesOrNo(is: boolean | undefined): string {
  return is === true ? "yes" : "no";
}
