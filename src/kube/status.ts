/** What the API server's refusals mean: from a Status object of the wire to an AppError. */

import { AppError, type ErrorCode } from "../core/errors.ts";

/** The part of a `Status` object that we read; it comes as a body of an error and as an ERROR event of a watch. */
export interface KubeStatus {
  code: number;
  /** Such as AlreadyExists, Conflict, Expired. */
  reason: string;
  message: string;
  retryAfterSeconds: number | undefined;
}

/** The refusal itself, as the cause of the AppError that tells it. */
class KubeApiError extends Error {
  readonly status: KubeStatus;

  constructor(status: KubeStatus) {
    super(status.message);
    this.name = "KubeApiError";
    this.status = status;
  }
}

const CODES: Record<number, ErrorCode> = {
  400: "invalid",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  410: "gone",
  413: "invalid",
  422: "invalid",
};
const MAX_MESSAGE = 2_000;

/** Reads a Status from parsed JSON, or makes one of the HTTP status and what text there is. */
export function readStatus(code: number, body: unknown, retryAfter?: string): KubeStatus {
  const status = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>; // each field is checked
  const details = (typeof status.details === "object" && status.details ? status.details : {}) as Record<
    string,
    unknown
  >; // likewise
  const seconds = Number(retryAfter ?? details.retryAfterSeconds);
  return {
    code: typeof status.code === "number" ? status.code : code,
    reason: typeof status.reason === "string" ? status.reason : "",
    message: text(status.message) ?? text(body) ?? `HTTP status ${code}`,
    retryAfterSeconds: seconds > 0 ? seconds : undefined,
  };
}

/** The error of a refused call; `what` is such as «create pods/project-x». */
export function refusal(what: string, status: KubeStatus): AppError {
  const { code, message, retryAfterSeconds } = status;
  const cause = new KubeApiError(status);
  const options = retryAfterSeconds === undefined ? { cause } : { cause, retryAfterSeconds };
  if (code === 401) {
    return new AppError("unavailable", `Kubernetes does not accept our credentials (${what}): renew them.`, options);
  }
  return new AppError(CODES[code] ?? "unavailable", `Kubernetes refused to ${what}: ${message} (${code}).`, options);
}

/** The Status behind an error of the client, if the API server answered with one. */
export function kubeStatusOf(error: unknown): KubeStatus | undefined {
  return error instanceof AppError && error.cause instanceof KubeApiError ? error.cause.status : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.slice(0, MAX_MESSAGE) : undefined;
}
