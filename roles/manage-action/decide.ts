/** What is to be done next about a project, from its request, its start under way and its pod, as they are now. Pure. */

import { z } from "zod";
import type { ProjectAction } from "../../src/protocol/project.ts";

const requestShape = z.looseObject({
  action: z.string(),
  finished: z.unknown().optional(),
  force: z.unknown().optional(),
  rescue: z.unknown().optional(),
});
const ACTIONS: readonly string[] = ["start", "stop", "restart", "test"] satisfies ProjectAction[];

/** Column `action_request`, of whoever wrote it. */
export type Request =
  | { kind: "none" }
  /** Without a time: written by hand. */
  | { kind: "timeless" }
  | { kind: "finished"; action: string; time: string }
  | { kind: "unknown"; action: string; time: string }
  | { kind: "open"; action: ProjectAction; time: string; force: boolean; rescue: boolean };

/** `time` is the request's, as PostgreSQL gives it as text: what writes compare with. */
export function readRequest(column: unknown, time: string | null): Request {
  const parsed = requestShape.safeParse(column);
  if (!parsed.success) return { kind: "none" };
  const { action, finished, force, rescue } = parsed.data;
  if (finished !== undefined && finished !== null) return { kind: "finished", action, time: time ?? "" };
  if (time === null) return { kind: "timeless" };
  if (!ACTIONS.includes(action)) return { kind: "unknown", action, time };
  const known = action as ProjectAction; // just looked up
  return { kind: "open", action: known, time, force: force === true, rescue: rescue === true };
}

export interface StartUnderWay {
  ticket: number;
  requestTime: string;
  /** manage-idle's reason to end it. */
  giveUp: string | null;
  rescue: boolean;
}

export interface PodFacts {
  /** Of the request and the start that it was made for. */
  requestTime: string | undefined;
  ticket: number | undefined;
  /** A node has it. */
  placed: boolean;
  terminating: boolean;
  ended: boolean;
  ready: boolean;
  rescue: boolean;
}

export interface Facts {
  request: Request;
  deleted: boolean;
  start: StartUnderWay | undefined;
  pod: PodFacts | undefined;
}

export type Step =
  /** All is as it should be. */
  | { do: "nothing" }
  | { do: "give-time" }
  /** Finish the request: nothing else is left to do, or it cannot be done. */
  | { do: "finish"; err?: string; event?: string }
  /** Make the pod (or wait for a turn to do so). */
  | { do: "create" }
  /** The pod of the start is there and not ready. */
  | { do: "track" }
  /** The pod is ready. */
  | { do: "succeed" }
  /** It runs, and nobody asks for anything: has it what it may have? */
  | { do: "fit" }
  /** The start has failed, for this reason if not for what its pod says. */
  | { do: "fail"; because?: "give_up" | "project_deleted" }
  /** It is not wanted, or is in the way of the next one. */
  | { do: "delete-pod" }
  /** The pod is being deleted. */
  | { do: "await-end" }
  /** End the start: somebody asked for something else. */
  | { do: "cancel" };

/** Reads everything, then says one step; after it, everything is read again. */
export function decide(facts: Facts): Step {
  const { request, start, deleted } = facts;
  switch (request.kind) {
    case "timeless":
      return { do: "give-time" };
    case "unknown":
      return { do: "finish", err: `There is no action "${request.action}"; there are ${ACTIONS.join(", ")}.` };
    case "open":
      if (request.action === "test") return { do: "finish" };
      if (request.action === "stop") return toStop(facts, start);
      return deleted ? toRefuse(facts) : toStart(facts, request);
    default:
      if (deleted) return toRemove(facts);
      if (request.kind === "finished" && request.action === "stop") return toRemove(facts);
      // Another writer's last word on an older request must not end a start that is under way.
      return start === undefined
        ? atRest(facts)
        : toStart(facts, { ...start, action: "start", time: start.requestTime });
  }
}

function toStop({ pod }: Facts, start: StartUnderWay | undefined): Step {
  if (start !== undefined) return { do: "cancel" };
  if (pod === undefined) return { do: "finish", event: "project_stopped" };
  return pod.terminating ? { do: "await-end" } : { do: "delete-pod" };
}

/** A start of a deleted project. */
function toRefuse({ pod, start }: Facts): Step {
  if (start !== undefined) return { do: "fail", because: "project_deleted" };
  if (pod !== undefined && !pod.terminating) return { do: "delete-pod" };
  return { do: "finish", err: "The project has been deleted; restore it before you start it." };
}

/** Nothing of the project may run, and nobody waits for word. Pods are removed that were made for an older request. */
function toRemove({ pod, start }: Facts): Step {
  if (start !== undefined) return { do: "cancel" };
  if (pod !== undefined && !pod.terminating) return { do: "delete-pod" };
  return { do: "nothing" };
}

/** What a start is for. */
type Wish = Pick<Extract<Request, { kind: "open" }>, "action" | "time" | "rescue">;

function atRest({ pod }: Facts): Step {
  return pod?.placed === true && !pod.terminating && !pod.ended ? { do: "fit" } : { do: "nothing" };
}

function toStart({ pod, start }: Facts, { action, time, rescue }: Wish): Step {
  // What waited too long for a node and has one by now waits no longer.
  if (start?.giveUp != null && start.requestTime === time && pod?.placed !== true) {
    return { do: "fail", because: "give_up" };
  }
  if (pod === undefined) return { do: "create" };
  if (pod.terminating) return { do: "await-end" };
  const ofThisStart = start !== undefined && pod.ticket === start.ticket;
  // One that runs well is left alone by a start; one that does not become ready is not what a rescue waits for.
  const isInTheWay = action === "restart" || (rescue && !pod.rescue && !pod.ready);
  if (isInTheWay && pod.requestTime !== time) {
    return start !== undefined && start.requestTime !== time ? { do: "cancel" } : { do: "delete-pod" };
  }
  if (pod.ended) return ofThisStart ? { do: "fail" } : { do: "delete-pod" };
  return pod.ready ? { do: "succeed" } : { do: "track" };
}
