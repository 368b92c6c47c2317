/** Reads the JSON object of a call: bounded before it is parsed by who sends it and how long that takes, and after by how much it holds. */

import express, { type Request, type RequestHandler, type Response } from "express";
import { invalid } from "../../../src/core/errors.ts";
import { bodyInTime } from "../../../src/net/serve/body-in-time.ts";

/** Strangers sign in and up; who is known also writes environments. */
const LIMITS = { stranger: "32kb", known: "1mb" } as const;
const WITHIN_MS = { stranger: 15_000, known: 60_000 } as const;
/** No endpoint takes as many; a schema would look at each of them. */
const MAX_VALUES = 5_000;

const parsers = {
  stranger: express.json({ limit: LIMITS.stranger, type: () => true }),
  known: express.json({ limit: LIMITS.known, type: () => true }),
};
const form = express.urlencoded({ extended: false, limit: LIMITS.stranger, parameterLimit: 50 });

/** An empty body is an empty object. @throws AppError `invalid`, or the parser's own error. */
export async function readBody(request: Request, response: Response, from: keyof typeof LIMITS): Promise<object> {
  if (request.destroyed) throw invalid("The request broke off.");
  await bodyInTime(response, WITHIN_MS[from], () => parsedBy(parsers[from], request, response));
  const body: unknown = request.body ?? {};
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw invalid("Send a JSON object.");
  checkValues(body);
  return body;
}

/** The fields of a form that anybody may send. @throws AppError `timeout`, or the parser's own error. */
export function readForm(request: Request, response: Response): Promise<void> {
  return bodyInTime(response, WITHIN_MS.stranger, () => parsedBy(form, request, response));
}

async function parsedBy(parser: RequestHandler, request: Request, response: Response): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  void parser(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
  await promise;
}

/**
 * PostgreSQL keeps no zero bytes and no halves of characters: refused here, for all endpoints. A loop, and no reviver of the parser: that
 * takes ten times as long, and all of the stack for what is nested deeply.
 */
function checkValues(body: object): void {
  const todo: unknown[] = [body];
  let values = 0;
  for (let value = todo.pop(); value !== undefined; value = todo.pop()) {
    if (typeof value === "string") checkText(value);
    if (typeof value !== "object" || value === null) continue;
    const inner: unknown[] = Array.isArray(value) ? value : Object.entries(value).flat();
    values += inner.length;
    if (values > MAX_VALUES) throw invalid("The call is not well formed: it holds far more than any call takes.");
    todo.push(...inner);
  }
}

function checkText(text: string): void {
  if (text.includes("\0") || !text.isWellFormed())
    throw invalid("The request cannot be read: its text holds a zero byte or half a character.");
}
