/** The JSON patch (RFC 6902) of a licence, which its quota has as text. Pure. */

import { isSound } from "./json-value.ts";

type Operation = Record<string, unknown>;

type ReadPatch = { operations: Operation[]; problem?: never } | { problem: string; operations?: never };

const NAMES = new Set(["add", "remove", "replace", "move", "copy", "test"]);
const WITH_VALUE = new Set(["add", "replace", "test"]);
const WITH_FROM = new Set(["move", "copy"]);
const MOST_OPERATIONS = 100;

/** The operations, or what is wrong, as what the text must be. */
export function readPatch(text: string): ReadPatch {
  return readOperations(parse(text));
}

/** The same of a JSON value. */
export function readOperations(parsed: unknown): ReadPatch {
  if (!Array.isArray(parsed)) {
    return {
      problem: 'must be a JSON list of operations, such as [{"op":"add","path":"/spec/hostname","value":"lab"}]',
    };
  }
  for (const [index, operation] of parsed.entries()) {
    const problem = problemOf(operation);
    if (problem !== undefined) return { problem: `${problem} (operation ${index + 1})` };
  }
  if (parsed.length > MOST_OPERATIONS) return { problem: `must be at most ${MOST_OPERATIONS} operations` };
  if (!isSound(parsed))
    return { problem: "must not hold the character NUL or half of another, nor lists in lists without end" };
  return { operations: parsed as Operation[] }; // each was looked at
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller says what it must be
  }
}

/** As what the operation must be. */
function problemOf(operation: unknown): string | undefined {
  const { op, path, from, ...rest } = fieldsOf(operation);
  if (typeof op !== "string" || !NAMES.has(op)) return `must have an "op" of ${[...NAMES].join(", ")}`;
  if (!isPointer(path)) return `must have a "path" that begins with a slash`;
  if (WITH_FROM.has(op) && !isPointer(from)) return `must have a "from" that begins with a slash`;
  if (WITH_VALUE.has(op) && !("value" in rest)) return `must have a "value"`;
  return undefined;
}

function fieldsOf(value: unknown): Operation {
  return typeof value === "object" && value !== null ? (value as Operation) : {}; // any object has fields that may be unknown
}

/** Of a part of the pod; an empty one is the whole. */
function isPointer(value: unknown): boolean {
  return typeof value === "string" && (value === "" || value.startsWith("/"));
}
