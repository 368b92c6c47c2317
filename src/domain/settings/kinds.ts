/** What the text of a setting has to be, kind by kind: so that what cannot be right is refused where it is set. Pure. */

import { isHostName } from "../../core/host-name.ts";
import type { SettingKind } from "../../protocol/api-v2-settings.ts";
import { readOperations } from "../../protocol/license-patch.ts";

interface Kind {
  /** Of the text without blanks around it. */
  fits: (text: string) => boolean;
  /** What it must be. */
  words: string;
}

export const YES: ReadonlySet<string> = new Set(["yes", "true"]);
const NO: ReadonlySet<string> = new Set(["no", "false", ""]);
const EMAIL = /^[^\s<>",;@]+@[^\s<>",;@]+$/;

/** Choices are each setting's own. */
export const kinds: Readonly<Record<Exclude<SettingKind, "choice">, Kind>> = {
  text: { fits: () => true, words: "a text" },
  flag: { fits: (text) => YES.has(text) || NO.has(text), words: "yes or no" },
  number: { fits: (text) => /^-?\d+(\.\d+)?$/.test(text), words: "a number" },
  port: { fits: isPort, words: "the number of a port, such as 465, 587 or 25" },
  quotas: { fits: areQuotas, words: 'a JSON object of numbers, such as {"mem":1000,"cpu":1}' },
  patches: {
    fits: (text) => patchesIn(text) !== undefined,
    words: 'a JSON array of patches, such as [[{"op":"add","path":"/spec/hostname","value":"lab"}]]',
  },
  host: orEmpty(isHostName, "a host name such as smtp.example.org, without scheme and port"),
  site: orEmpty((text) => originOfSite(text) !== undefined, "the host name of the site, such as cocalc.example.org"),
  email: orEmpty((text) => EMAIL.test(text), "an e-mail address such as help@example.org"),
  sender: orEmpty((text) => senderIn(text) !== undefined, "an e-mail address such as noreply@example.org"),
  address: orEmpty(isAddress, "the address of a page or picture, such as https://example.org/ or /static/logo.png"),
};

function orEmpty(fits: Kind["fits"], words: string): Kind {
  return { fits: (text) => text === "" || fits(text), words };
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

/** Of a page of another site or of this one, or of somebody who gets mail: nothing that a browser would run. */
function isAddress(text: string): boolean {
  return /^(https?:\/\/|mailto:|\/(?!\/))\S+$/i.test(text) && URL.canParse(text, "https://here.example");
}

const SITE = /^(?:(https?):\/\/)?([^\s/:@]+)(:\d{1,5})?\/*$/i;

/** Where `lab.example`, `lab.example:8443` or `http://lab.example/` is; undefined when it is nothing of that kind. */
export function originOfSite(text: string): string | undefined {
  const [, scheme = "https", name = "", port = ""] = SITE.exec(text) ?? [];
  return isHostName(name) ? URL.parse(`${scheme}://${name}${port}`)?.origin : undefined;
}

const SENDER = /^(?:"?([^"<>]*?)"?\s*<)?([^\s<>",;]+@[^\s<>",;]+)>?$/;

/** `noreply@example.org` or `The Lab <noreply@example.org>`; the name is empty where there is none. */
export function senderIn(text: string): { name: string; address: string } | undefined {
  const [, name = "", address] = SENDER.exec(text) ?? [];
  return address === undefined ? undefined : { name, address };
}

/** Numbers, texts of numbers, or yes and no, as quotas are read. */
function areQuotas(text: string): boolean {
  const isNumber = (value: unknown) => typeof value === "boolean" || (value !== "" && Number.isFinite(Number(value)));
  return Object.values(parsedJson(text) ?? { none: "" }).every(isNumber);
}

/** Patches as RFC 6902 has them; an empty text holds none, and undefined stands for anything else. */
export function patchesIn(text: string): object[][] | undefined {
  const isPatch = (one: unknown) => (readOperations(one).operations ?? []).length > 0;
  const patches = jsonIn(text, "[]");
  return Array.isArray(patches) && patches.every(isPatch) ? patches : undefined;
}

/** A JSON object; an empty text is an empty one, and undefined stands for anything else. */
export function parsedJson(text: string): object | undefined {
  const parsed = jsonIn(text, "{}");
  return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
}

/** What the JSON says, or `empty` where the text is; undefined where it is none. */
function jsonIn(text: string, empty: string): unknown {
  try {
    return JSON.parse(text.trim() || empty);
  } catch {
    return undefined; // the caller says what is wrong
  }
}
