/** Paths as the project's server takes them, cut and joined; nothing here touches a file. */

import { proposalFor } from "./names.ts";

/** "a/b" + "c" → "a/b/c"; "" is the home directory. */
export function joinPath(folder: string, name: string): string {
  if (folder === "") return name;
  return folder.endsWith("/") ? `${folder}${name}` : `${folder}/${name}`;
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Lower-case letters after the last dot, "" where there is none. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot + 1).toLowerCase();
}

/** What is wrong with a new name, in words; undefined when it can be used. */
export function problemOfName(name: string): string | undefined {
  if (name.trim() === "") return "Type a name.";
  if (name.includes("/")) return "A name cannot hold a slash.";
  if (name.includes("\0")) return "A name cannot hold a zero character.";
  if (name === "." || name === "..") return `“${name}” has a meaning of its own; choose another name.`;
  if (new TextEncoder().encode(name).length > 255) return "The name is too long: at most 255 bytes.";
  return undefined;
}

/** A typed name, or one of somebody's machine, as the wire has it: one that begins like a tagged one is tagged. */
export function wireName(name: string): string {
  if (!name.startsWith("base64:")) return name;
  const base64 = btoa(String.fromCharCode(...new TextEncoder().encode(name)));
  return `base64:${base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

/** "a.txt" → "a (2).txt": beside another of that name. */
export function nameOfNumber(name: string, number: number): string {
  if (name.startsWith("base64:")) return `${proposalFor(name)} (${number})`;
  const extension = extensionOf(name);
  const stem = extension === "" ? name : name.slice(0, -extension.length - 1);
  return `${stem} (${number})${name.slice(stem.length)}`;
}

/** A name for a copy that is not yet taken: "a.txt" → "a (copy).txt", "a (copy 2).txt". */
export function nameOfCopy(name: string, taken: ReadonlySet<string>): string {
  const readable = proposalFor(name);
  const extension = extensionOf(readable);
  const stem = extension === "" ? readable : readable.slice(0, -extension.length - 1);
  const end = readable.slice(stem.length);
  for (let number = 1; ; number += 1) {
    const candidate = `${stem} (copy${number === 1 ? "" : ` ${number}`})${end}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** Files and folders in the order in which people look for them: numbers by value, case aside. */
export const compareNames = new Intl.Collator("en", { numeric: true, sensitivity: "base" }).compare;
