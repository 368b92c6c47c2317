/** Applies the patches of licences to a pod, in their order: those that the administrator has allowed, and of others what keeps the rules. Pure. */

import jsonPatch, { type Operation } from "fast-json-patch";
import { AppError, messageOf } from "../../core/errors.ts";
import type { Pod } from "../../kube/types.ts";
import { forbiddenChange } from "./patch-rules.ts";

/** Of all licences of a project together. */
const MOST_OPERATIONS = 100;
/** How many characters of JSON they may add to a pod: `copy` doubles with each operation. */
const MOST_GROWTH = 200_000;

/** Each is a whole patch, which may do what it likes. */
export type AllowedPatches = readonly (readonly object[])[];

/** The pod with the patches applied. @throws AppError `unsupported` when one does not fit, or breaks the rules of a project's pod. */
export function patched(pod: Pod, operations: readonly object[], allowed: AllowedPatches): Pod {
  if (operations.length > MOST_OPERATIONS) throw refused(`has more than ${MOST_OPERATIONS} operations with the others`);
  const most = sizeOf(pod) + MOST_GROWTH;
  let made = pod;
  for (const { patch, isAllowed } of parts(operations, allowed)) {
    const before = made;
    made = applied(before, patch, most);
    const field = isAllowed ? undefined : forbiddenChange(before, made);
    if (field !== undefined) {
      throw refused(
        `changes ${field}, which the patch of a licence may not unless the administrator allows that very patch`,
      );
    }
  }
  return made;
}

interface Part {
  patch: readonly object[];
  isAllowed: boolean;
}

/** A quota holds the operations of all its licences in a row; whole patches that are allowed are found in it. */
function parts(operations: readonly object[], allowed: AllowedPatches): Part[] {
  const found: Part[] = [];
  for (let at = 0; at < operations.length; ) {
    const patch = allowed.find((one) => one.length > 0 && isSame(operations.slice(at, at + one.length), one));
    const part = patch ?? operations.slice(at, at + 1);
    found.push({ patch: part, isAllowed: patch !== undefined });
    at += part.length;
  }
  return found;
}

function isSame(one: readonly object[], other: readonly object[]): boolean {
  return jsonPatch.compare({ patch: one }, { patch: other }).length === 0;
}

/** `most`: characters of the pod as JSON, after each operation. */
function applied(pod: Pod, patch: readonly object[], most: number): Pod {
  let made: unknown = structuredClone(pod);
  for (const operation of structuredClone(patch) as Operation[]) {
    made = afterOne(made, operation); // one that the library validates
    if (sizeOf(made) > most) throw refused("makes the pod too large");
  }
  if (typeof made !== "object" || made === null) throw notAPod(undefined);
  return made as Pod; // or what an allowed patch has made of it
}

function afterOne(pod: unknown, operation: Operation): unknown {
  try {
    return jsonPatch.applyOperation(pod, operation, true, true).newDocument;
  } catch (cause) {
    throw refused(`does not fit the pod template: ${whatDoesNotFit(operation, cause)}`, cause);
  }
}

/** The library tells the whole pod below its first line. */
function whatDoesNotFit({ op, path }: Operation, cause: unknown): string {
  const [why = ""] = messageOf(cause).split("\n", 1);
  return `${op} ${path} (${why})`.slice(0, 300);
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value)?.length ?? 0;
}

/** Of what a patch leaves that cannot be taken for a pod. */
export function notAPod(cause: unknown): AppError {
  return refused("leaves nothing that could be a pod", cause);
}

function refused(why: string, cause?: unknown): AppError {
  return new AppError("unsupported", `A patch of the project's licences ${why}.`, { cause });
}
