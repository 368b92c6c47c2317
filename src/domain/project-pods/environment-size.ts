/** Whether the environment of a pod's containers fits into what Linux gives a process. Pure. */

import { invalid } from "../../core/errors.ts";
import type { Container, EnvVar, Pod } from "../../kube/types.ts";

/** MAX_ARG_STRLEN: a string of this length no longer fits, its ending NUL included. */
const MAX_STRING_BYTES = 131_072;
/** Of the 2 MiB that a process has by default for arguments and environment, both with their pointers; the rest is for its own programs. */
const MAX_TOGETHER_BYTES = 1_048_576;

/** @throws AppError `invalid` that names the container and the variable which would keep it from ever starting. */
export function checkEnvironments({ spec }: Pod): void {
  const { initContainers = [], containers } = spec as { initContainers?: Container[]; containers: Container[] }; // as the API defines it
  for (const { name, env = [] } of [...initContainers, ...containers]) {
    const tooLong = env.find((variable) => bytesOf(variable) > MAX_STRING_BYTES);
    if (tooLong !== undefined) {
      throw invalid(
        `The variable ${tooLong.name} of the container ${name} has ${bytesOf(tooLong)} bytes; Linux starts no program with more than ${MAX_STRING_BYTES}.`,
      );
    }
    const together = env.reduce((sum, variable) => sum + bytesOf(variable), 0);
    if (together > MAX_TOGETHER_BYTES) {
      throw invalid(
        `The variables of the container ${name} have ${together} bytes together; at most ${MAX_TOGETHER_BYTES} leave room for its programs.`,
      );
    }
  }
}

/** `NAME=value` and its NUL; what a node fills in itself is not known. */
function bytesOf({ name, value = "" }: EnvVar): number {
  return Buffer.byteLength(name) + Buffer.byteLength(value) + 2;
}
