/** Errors that are expected: each says what happened, to what, and what to do. Anything else that is thrown is a bug. */

/** What a caller may branch on; every wire presents these names. */
export type ErrorCode =
  | "invalid"
  | "unauthenticated"
  | "confirm_password"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "gone"
  | "precondition_failed"
  | "too_large"
  | "unsupported"
  | "rate_limited"
  | "unavailable"
  | "timeout"
  | "internal";

/** The HTTP status that stands for each code, unless an error names another. */
const STATUS: Record<ErrorCode, number> = {
  invalid: 400,
  unauthenticated: 401,
  confirm_password: 403,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  gone: 410,
  precondition_failed: 412,
  too_large: 413,
  unsupported: 415,
  rate_limited: 429,
  unavailable: 503,
  timeout: 504,
  internal: 500,
};

export interface AppErrorOptions {
  /** HTTP status, where the one of the code does not fit. */
  status?: number;
  cause?: unknown;
  /** Seconds after which trying again makes sense. */
  retryAfterSeconds?: number;
}

/** An expected error, safe to show to whoever caused it. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.status = options.status ?? STATUS[code];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

export const invalid = (message: string, options?: AppErrorOptions) => new AppError("invalid", message, options);
export const unauthenticated = (message: string, options?: AppErrorOptions) =>
  new AppError("unauthenticated", message, options);
export const forbidden = (message: string, options?: AppErrorOptions) => new AppError("forbidden", message, options);
export const notFound = (message: string, options?: AppErrorOptions) => new AppError("not_found", message, options);
export const conflict = (message: string, options?: AppErrorOptions) => new AppError("conflict", message, options);
export const unavailable = (message: string, options?: AppErrorOptions) =>
  new AppError("unavailable", message, options);
export const timedOut = (message: string, options?: AppErrorOptions) => new AppError("timeout", message, options);

/** True for an expected error, of the given code if one is given. */
export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}

/** The `code` of a system or driver error, such as ECONNREFUSED or an SQLSTATE; "" where there is none. */
export function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return String(error.code);
}

/** True for an error, also one of another realm (Node's own inside jest), which `instanceof` does not know. */
export function isError(thrown: unknown): thrown is Error {
  return typeof thrown === "object" && thrown !== null && "message" in thrown && "stack" in thrown;
}

/** Anything that was thrown as an error: as it is if it is one. */
export function asError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error(messageOf(thrown));
}

/** The message of anything that was thrown; of several errors in one without words of its own (a name with several addresses), theirs. */
export function messageOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("message" in error)) return String(error);
  if (error.message === "" && "errors" in error && Array.isArray(error.errors)) {
    return error.errors.map(messageOf).join("; ");
  }
  return String(error.message);
}
