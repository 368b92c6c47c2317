/** What people are told where a start finds no room: on any machine, on the one that was chosen, in the site's quota, or for too long. Pure. */

import type { Explanation } from "./explanation-rules.ts";

const RESOURCES: Record<string, string> = {
  cpu: "processors",
  memory: "memory",
  "ephemeral-storage": "disk space",
  pods: "room for another project",
  "nvidia.com/gpu": "GPUs",
};

/** The scheduler found no node. `detail`: its words. */
export function noRoomOnNodes(detail: string, kubernetesReason: string): Explanation {
  return { reason: "no_room", message: onNodes(detail), kubernetesReason };
}

function onNodes(detail: string): string {
  const lacking = [...detail.matchAll(/Insufficient ([\w/-]+(?:\.[\w/-]+)*)/g)].map(
    ([, name = ""]) => RESOURCES[name] ?? name,
  );
  if (/Too many pods/i.test(detail)) lacking.push("room for another project");
  const unique = [...new Set(lacking)];
  if (unique.length > 0) {
    return `No machine has enough free ${unique.join(" and ")} for this project right now; it starts as soon as one has.`;
  }
  if (/^0\/0 nodes/.test(detail))
    return "There is no machine for projects at all right now; it starts when one is added.";
  return "No machine takes this project right now: those there are are reserved, being prepared or closed.";
}

/** The node that the scheduler chose did not take the pod after all. */
export function noRoomOnChosenNode(kubernetesReason: string): Explanation {
  const message = "The machine that was chosen for the project had no room for it after all; start the project again.";
  return { reason: "no_room", message, kubernetesReason };
}

/** The namespace's ResourceQuota is used up. */
export function noRoomInQuota(kubernetesReason: string): Explanation {
  const message = "All the room that this site has for projects is in use; stop another project, or try again later.";
  return { reason: "no_room", message, kubernetesReason };
}

/** A start that waited too long for a node; `why`: what it waited for, as far as that is known. */
export function waitedTooLong(why: { message: string } | undefined): string {
  const waitedFor = why?.message ?? "No machine took this project.";
  return `The project waited too long for a machine, so its start was given up. ${waitedFor} Try again later.`;
}
