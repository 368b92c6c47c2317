/** The log sub-resource of pods: reads the wishes of a request, and has the kubelet give the lines. */

import { asObjects, asText, at } from "./json.ts";
import { badRequest } from "./refusal.ts";
import type { ApiObject } from "./types.ts";

export interface LogRequest {
  pod: ApiObject;
  container: string;
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines: number | undefined;
  limitBytes: number | undefined;
  /** Only what was written since, in ms since 1970. */
  since: number | undefined;
  /** Ends following. */
  signal: AbortSignal;
}

/** Whoever runs containers. */
export interface LogSource {
  /** The lines, as they are there or come. @throws Refusal 400 when the container has none. */
  read(request: LogRequest): AsyncIterable<Buffer>;
}

/** @throws Refusal 400 for a container that the pod does not have, or wishes that cannot be read. */
export function readLogRequest(pod: ApiObject, query: URLSearchParams, signal: AbortSignal): LogRequest {
  const flag = (name: string) => ["true", "1"].includes(query.get(name) ?? "");
  const sinceSeconds = wholeNumber(query, "sinceSeconds");
  const sinceTime = query.get("sinceTime");
  return {
    pod,
    container: containerOf(pod, query.get("container")),
    follow: flag("follow"),
    previous: flag("previous"),
    timestamps: flag("timestamps"),
    tailLines: wholeNumber(query, "tailLines"),
    limitBytes: wholeNumber(query, "limitBytes"),
    since:
      sinceSeconds === undefined ? (sinceTime ? Date.parse(sinceTime) : undefined) : Date.now() - sinceSeconds * 1000,
    signal,
  };
}

function containerOf(pod: ApiObject, wished: string | null): string {
  const names = ["containers", "initContainers"].flatMap((list) =>
    asObjects(at(pod, "spec", list)).map(({ name }) => asText(name)),
  );
  const { name } = pod.metadata;
  if (wished) {
    if (names.includes(wished)) return wished;
    throw badRequest(`container ${wished} is not valid for pod ${name}`);
  }
  const [only = "", ...others] = asObjects(at(pod, "spec", "containers")).map((container) => asText(container.name));
  if (others.length === 0) return only;
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(" ")}]`);
}

function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw badRequest(`${name} must be a whole number`);
  return value;
}
