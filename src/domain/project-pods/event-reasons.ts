/** What a pod waits for that is on a node and whose own container has not begun: its newest telling event says it. Pure. */

import type { KubeEvent } from "../../kube/types.ts";
import { type Explanation, words } from "./explanation-rules.ts";

type Told = Pick<Explanation, "reason" | "message">;

const VOLUME: Told = {
  reason: "volume_failed",
  message: "The project's files cannot be reached: their volume cannot be mounted yet.",
};
const PULLING: Told = {
  reason: "image_pulling",
  message: "The software image is being fetched; this takes longer the first time on a machine.",
};
const NOT_PULLED: Told = {
  reason: "image_pull_failed",
  message: "The software image cannot be fetched; choose another one, or tell your administrator.",
};
const NETWORK: Told = {
  reason: "setup_failed",
  message:
    "The machine cannot connect the project to the network yet; it goes on trying. If it stays so, tell your administrator.",
};
const SETUP: Told = {
  reason: "setup_failed",
  message:
    "The machine cannot set up the project's container yet; it goes on trying. If it stays so, tell your administrator.",
};

/** By the reasons that kubelets, their runtimes and the attach-detach controller give events about pods. */
const BY_REASON: Record<string, Told> = {
  FailedMount: VOLUME,
  FailedAttachVolume: VOLUME,
  FailedMapVolume: VOLUME,
  FailedMountOnFilesystemMismatch: VOLUME,
  VolumeFailedDelete: VOLUME,
  VolumeResizeFailed: VOLUME,
  FileSystemResizeFailed: VOLUME,
  Pulling: PULLING,
  InspectFailed: NOT_PULLED,
  ErrImageNeverPull: NOT_PULLED,
  NetworkNotReady: NETWORK,
  FailedCreatePodSandBox: SETUP,
  FailedPodSandBoxStatus: SETUP,
  FailedCreatePodContainer: SETUP,
  FailedPrepareDynamicResources: SETUP,
  FailedPostStartHook: SETUP,
  FailedSync: SETUP,
};
/** It goes on: what was before is over. */
const GOES_ON = new Set(["Pulled", "Created", "Started"]);

/** `events` are the pod's own, oldest first. */
export function waitByEvents(events: readonly KubeEvent[]): Explanation | undefined {
  for (const { reason = "", message = "" } of [...events].reverse()) {
    const told = reason === "Failed" ? failedOf(message) : BY_REASON[reason];
    if (told !== undefined) return { ...told, kubernetesReason: words(reason, message) };
    if (GOES_ON.has(reason)) return undefined;
  }
  return undefined;
}

/** `Failed` is what a kubelet says of an image as well as of a container; only its words tell which. */
function failedOf(message: string): Told {
  return /\b(pull|image)/i.test(message) ? NOT_PULLED : SETUP;
}
