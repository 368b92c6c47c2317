/** The JSON patch (RFC 6902) of a licence, which its quota has as text. Pure. */

import { isSound } from "./json-value.ts";

type Operation = Record<string, unknown>;

type ReadPatch = { operations: Operation[]; problem?: never } | { problem: string; operations?: never };

const NAMES = new Set(["add", "remove", "replace", "move", "copy", "test"]);
const MOST_OPERATIONS = 100;

/** The operations, or what is wrong, as what the text must be. */
export function readPatch(text: string): ReadPatch {
  const parsed = parse(text);
  if (!Array.isArray(parsed) || !parsed.every(isOperation)) {
    return {
      problem: 'must be a JSON list of operations, such as [{"op":"add","path":"/spec/hostname","value":"lab"}]',
    };
  }
  if (parsed.length > MOST_OPERATIONS) return { problem: `must be at most ${MOST_OPERATIONS} operations` };
  if (!isSound(parsed))
    return { problem: "must not hold the character NUL or half of another, nor lists in lists without end" };
  return { operations: parsed };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller says what it must be
  }
}

function isOperation(value: unknown): value is Operation {
  if (typeof value !== "object" || value === null) return false;
  const { op, path } = value as Operation; // any object has fields that may be unknown
  return typeof op === "string" && NAMES.has(op) && typeof path === "string";
}
