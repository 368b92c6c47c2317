/** What keeps one of a pod's containers from running, by its status. Pure. */

import type { ContainerStatus, Pod } from "../../kube/types.ts";
import { mainStatus, otherStatuses } from "./container-rules.ts";
import { type Explanation, words } from "./explanation-rules.ts";

const PULL_FAILURES = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "RegistryUnavailable",
  "SignatureValidationFailed",
]);
/** A container that its node cannot make or begin, as the node waits (`waiting`) or when it has tried (`terminated`). */
const SETUP_FAILURES = new Set([
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
  "RunInitContainerError",
  "PreCreateHookError",
  "PreStartHookError",
  "PostStartHookError",
  "CreatePodSandboxError",
  "ConfigPodSandboxError",
  "SetupNetworkError",
  "StartError",
  "ContainerCannotRun",
]);

/** The trouble of the project's own container, or else of the first other one that has any; undefined: none that is known. */
export function troubleIn(pod: Pod): Explanation | undefined {
  const main = mainStatus(pod);
  return troubleOf(main, true) ?? firstOf(otherStatuses(pod), (status) => troubleOf(status, false));
}

/** How a container ended for which the whole pod did. */
export function endIn(pod: Pod): Explanation | undefined {
  const main = mainStatus(pod);
  const own = main?.state?.terminated === undefined ? undefined : endOf(main, true);
  return own ?? firstOf(otherStatuses(pod), (status) => (hasFailed(status) ? endOf(status, false) : undefined));
}

/** Has it ended with a failure? Containers that prepare a pod end well. */
function hasFailed({ state }: ContainerStatus): boolean {
  return state?.terminated !== undefined && state.terminated.exitCode !== 0;
}

function firstOf<T, R>(all: readonly T[], look: (one: T) => R | undefined): R | undefined {
  for (const one of all) {
    const found = look(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

function troubleOf(status: ContainerStatus | undefined, isMain: boolean): Explanation | undefined {
  if (status === undefined) return undefined;
  const { name: container, state = {} } = status;
  const { reason = "", message: detail = "" } = state.waiting ?? {};
  const kubernetesReason = words(reason, detail);
  if (PULL_FAILURES.has(reason)) {
    return { reason: "image_pull_failed", message: cannotFetch(status, isMain), kubernetesReason, container };
  }
  if (SETUP_FAILURES.has(reason)) return { ...cannotSetUp(isMain, container), kubernetesReason, container };
  if (state.running !== undefined && status.ready) return undefined;
  if (!isMain && state.terminated?.exitCode === 0) return undefined;
  return endOf(status, isMain);
}

function cannotFetch({ image }: ContainerStatus, isMain: boolean): string {
  const named = image ? ` ${image}` : "";
  return isMain
    ? `The software image${named} cannot be fetched; choose another one, or tell your administrator.`
    : `An image that every project needs${named === "" ? "" : `,${named},`} cannot be fetched; tell your administrator.`;
}

function cannotSetUp(isMain: boolean, name: string): Pick<Explanation, "reason" | "message"> {
  const what = isMain ? "The project's container" : `The container ${name} beside the project's`;
  return { reason: "setup_failed", message: `${what} cannot be made on its machine; tell your administrator.` };
}

/** How the container ended, now or the last time; undefined if it never did. */
function endOf(status: ContainerStatus, isMain: boolean): Explanation | undefined {
  const { name: container } = status;
  const terminated = status.state?.terminated ?? status.lastState?.terminated;
  if (terminated === undefined) return undefined;
  const { reason = "Ended", message = "" } = terminated;
  const code = terminated.signal ? `signal ${terminated.signal}` : `exit code ${terminated.exitCode}`;
  const kubernetesReason = words(status.state?.waiting?.reason ?? "", words(reason, code));
  if (SETUP_FAILURES.has(reason)) {
    return { ...cannotSetUp(isMain, container), kubernetesReason: words(reason, message), container };
  }
  if (reason === "OOMKilled") return { ...neededMemory(isMain, container), kubernetesReason, container };
  const who = isMain ? "The project's server" : `The container ${container} beside the project's`;
  return { reason: "crashed", message: `${who} ended by itself (${code}).`, kubernetesReason, container };
}

function neededMemory(isMain: boolean, name: string): Pick<Explanation, "reason" | "message"> {
  const message = isMain
    ? "The project needed more memory than it may use and was ended; use less, or ask for more."
    : `The container ${name} beside the project's needed more memory than it may use; tell your administrator.`;
  return { reason: "out_of_memory", message };
}
