/** The refusals of the API, each a `Status` object of the wire with the words a real API server uses. */

import type { Json } from "./json.ts";
import type { ApiType } from "./types.ts";

/** Thrown anywhere below the server, which answers with the Status. */
export class Refusal extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Json | undefined;

  constructor(code: number, reason: string, message: string, details?: Json) {
    super(message);
    this.name = "Refusal";
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** As the wire has it. */
  status(): Json {
    const { code, reason, message, details } = this;
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      reason,
      ...(details && { details }),
      code,
    };
  }
}

export interface Cause {
  reason:
    | "FieldValueRequired"
    | "FieldValueInvalid"
    | "FieldValueForbidden"
    | "FieldValueDuplicate"
    | "FieldManagerConflict";
  field: string;
  message: string;
}

export const notFound = ({ plural }: Pick<ApiType, "plural">, name: string) =>
  new Refusal(404, "NotFound", `${plural} "${name}" not found`, { name, kind: plural });
export const noSuchResource = () => new Refusal(404, "NotFound", "the server could not find the requested resource");
export const alreadyExists = ({ plural }: ApiType, name: string) =>
  new Refusal(409, "AlreadyExists", `${plural} "${name}" already exists`, { name, kind: plural });
export const conflict = ({ plural }: ApiType, name: string, why: string) =>
  new Refusal(409, "Conflict", `Operation cannot be fulfilled on ${plural} "${name}": ${why}`, { name, kind: plural });
export const modified = (type: ApiType, name: string) =>
  conflict(type, name, "the object has been modified; please apply your changes to the latest version and try again");
export const badRequest = (message: string) => new Refusal(400, "BadRequest", message);
export const expired = () =>
  new Refusal(410, "Expired", "The resourceVersion is too old: what happened since then is forgotten.");
export const unauthorized = () => new Refusal(401, "Unauthorized", "Unauthorized");
export const unsupportedMediaType = (type: string) =>
  new Refusal(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - ${type || "none"} is not accepted here`,
  );
export const methodNotAllowed = () =>
  new Refusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
export const tooLarge = () => new Refusal(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728");

/** 422 with every problem found. */
export function invalid({ kind }: ApiType, name: string, causes: Cause[]): Refusal {
  const listed = causes.map(({ field, message }) => `${field}: ${message}`);
  const words = listed.length === 1 ? listed[0] : `[${listed.join(", ")}]`;
  return new Refusal(422, "Invalid", `${kind} "${name}" is invalid: ${words}`, { name, kind, causes });
}
