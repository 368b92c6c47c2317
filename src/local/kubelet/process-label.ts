/** The number that labels a container's processes where no program can lose it: a resource limit, which every fork and exec inherits. Linux only. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** The variable that says whose a process is where the limit cannot be set: `instance/pod uid/container`. */
export const MARK_VARIABLE = "COCALC_LOCAL_CONTAINER";

/** Numbers of containers within an instance. */
const CONTAINERS = 2 ** 26;
const INSTANCES = 2 ** 24;

/** Names a container in all of its processes; a mark is `instance/pod uid/container`. */
export function labelOf(mark: string): number {
  const [instance = ""] = mark.split("/", 1);
  return firstLabelOf(instance) + (hash(mark) % CONTAINERS);
}

/** Whether a label is of a container of this instance. */
export function isLabelOf(instance: string, label: number): boolean {
  const first = firstLabelOf(instance);
  return label >= first && label < first + CONTAINERS;
}

function firstLabelOf(instance: string): number {
  return (INSTANCES + (hash(instance) % INSTANCES)) * CONTAINERS;
}

function hash(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE();
}

/**
 * Words that label a command and all that it starts, however that detaches: `setsid`, a double fork, `env -i`, `nohup` and closing
 * every file change no limit. It is the longest time that a real-time program may compute without a pause, in microseconds: some decades.
 */
export function labelWords(mark: string): string[] {
  return ["prlimit", `--rttime=${labelOf(mark)}:`, "--"];
}

/** The label of a process; undefined when it has none, has ended, or is not ours to look at. */
export async function labelIn(pid: number): Promise<number | undefined> {
  const [limits, environ] = await Promise.all([textOf(pid, "limits"), textOf(pid, "environ")]);
  const limit = Number(/^Max realtime timeout +(\d+) /m.exec(limits)?.[1]);
  if (limit >= INSTANCES * CONTAINERS) return limit;
  const mark = environ.split("\0").find((entry) => entry.startsWith(`${MARK_VARIABLE}=`));
  return mark === undefined ? undefined : labelOf(mark.slice(MARK_VARIABLE.length + 1));
}

function textOf(pid: number, file: string): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, "latin1").catch(() => ""); // gone, or not ours to read: so it is none of ours
}
