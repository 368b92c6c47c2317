/** A start in the user's words: its phases with their times, why it waits, and what to try when it failed. Pure. */

import type { ProjectStart, StartPhase, StartReason } from "../../protocol/starts.ts";
import type { StateWord } from "./project-view.ts";

/** `label` once it is so, `doing` while it is under way. */
const PHASES: { phase: StartPhase; label: string; doing: string }[] = [
  { phase: "requested", label: "Asked to start", doing: "Asking to start" },
  { phase: "picked_up", label: "Its turn has come", doing: "Waiting for its turn" },
  { phase: "applied", label: "Ordered from the cluster", doing: "Ordering it from the cluster" },
  { phase: "scheduled", label: "A machine has room for it", doing: "Looking for a machine with room" },
  { phase: "pulled", label: "The software is there", doing: "Fetching the software" },
  { phase: "started", label: "Its processes are running", doing: "Starting its processes" },
  { phase: "ready", label: "Ready", doing: "Waiting until it answers" },
];

export interface PhaseView {
  label: string;
  state: "done" | "now" | "later" | "failed";
  /** Milliseconds: what it took, or has taken so far. Undefined for what is still to come. */
  took: number | undefined;
}

/** The phases of a start as a list; `now` in ms since the epoch. */
export function phasesOf(start: ProjectStart, now: number): PhaseView[] {
  const last = PHASES.findLastIndex(({ phase }) => start.phases[phase] !== undefined);
  const ended = start.ended === null ? undefined : Date.parse(start.ended);
  let before: number | undefined;
  return PHASES.map(({ phase, label, doing }, index) => {
    const time = start.phases[phase];
    const at = time === undefined ? undefined : Date.parse(time);
    const since = before;
    if (at !== undefined) before = at;
    if (index <= last) {
      const took = at === undefined || since === undefined ? undefined : Math.max(0, at - since);
      return { label, state: "done", took };
    }
    if (index > last + 1) return { label, state: "later", took: undefined };
    const over = ended !== undefined && start.outcome !== "running";
    const took = since === undefined ? undefined : Math.max(0, (over ? ended : now) - since);
    return { label: doing, state: over ? "failed" : "now", took };
  });
}

/** What a start under way waits for, its place, and when it will probably be ready, if that is known by measure; `now` in ms since the epoch. */
export function waitWords({ position, message, expected }: ProjectStart, now: number): string {
  const place = position === 1 ? "It is next in the queue" : `It is number ${position} in the queue`;
  const left = expected === null ? undefined : aboutWords(Date.parse(expected) - now);
  if (message !== null) return left === undefined ? message : `${message} Probably ready ${left}.`;
  if (position !== null) return left === undefined ? `${place}.` : `${place}; probably ready ${left}.`;
  return left === undefined ? "It is starting." : `It is starting; probably ready ${left}.`;
}

/** As exactly as it can be known: what is told is right within a factor of two or so. */
function aboutWords(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 8) return "in a few seconds";
  if (seconds < 55) return `in about ${Math.round(seconds / 5) * 5} seconds`;
  if (seconds < 90) return "in about a minute";
  if (seconds < 90 * 60) return `in about ${Math.round(seconds / 60)} minutes`;
  return `in about ${Math.round(seconds / 3_600)} hours`;
}

/** What a person can do about a failed start. */
export function adviceFor(reason: StartReason | null): string {
  return (
    (reason === null ? undefined : ADVICE[reason]) ??
    "Try again. If it fails again, tell your administrator what the details say."
  );
}

const ADVICE: Partial<Record<StartReason, string>> = {
  no_room: "Every machine is full. Try again in a while, or ask your administrator for more room.",
  image_pull_failed:
    "The software image could not be fetched. Choose another image in the settings, or tell your administrator.",
  volume_failed:
    "The project's files could not be reached. They are safe; try again, and tell your administrator if it stays so.",
  setup_failed: "The machine could not set the project up. Try again, and tell your administrator if it stays so.",
  variables_too_large: "The project's environment variables are too large. Shorten them in the settings.",
  crashed:
    "The project's server ended by itself. Look at the details; a project_init.sh in the home folder may be the cause.",
  out_of_memory: "It needed more memory than it may have. Close what needs much memory, or ask for a larger quota.",
  evicted: "The machine had to let it go. Start it again.",
  node_dead:
    "The machine it ran on does not answer. Your files are safe; it can start elsewhere once that machine is gone.",
  patch_refused:
    "A patch of one of the project's licences is refused. Remove that licence, or tell your administrator.",
  template_invalid: "The site's configuration for projects is not usable. Tell your administrator.",
  deadline: "It took too long and was given up. Try again.",
  cluster_unavailable: "The cluster does not answer. Try again in a few minutes.",
  project_deleted: "The project is deleted. Restore it in the settings first.",
};

/** Failures that may lie in the project itself: its files, its variables, its image. */
const RESCUABLE: ReadonlySet<StartReason> = new Set([
  "crashed",
  "deadline",
  "out_of_memory",
  "setup_failed",
  "image_pull_failed",
  "variables_too_large",
  "other",
]);

interface Attempt {
  state: StateWord;
  start: Pick<ProjectStart, "outcome" | "reason" | "rescue"> | undefined;
  /** What its pod says is wrong. */
  trouble: string | undefined;
}

/** Is rescue mode offered? Where the project's own doing may have failed its start, or ends its server again and again. */
export function offersRescue({ state, start, trouble }: Attempt): boolean {
  if (start?.rescue === true) return false;
  if (state === "starting") return trouble !== undefined;
  return state === "stopped" && start?.outcome === "failed" && start.reason !== null && RESCUABLE.has(start.reason);
}
