/** The fields of an answer's head, or of a trailer: read alike by everybody, and what they say of the body's end and of the connection. Knows no socket. */

import { readFieldLine } from "../serve/field-line.ts";
import { FRAMING_HEADERS } from "./framing.ts";
import { badGateway } from "./gateway-errors.ts";

/** Node reads a thousand, and what we add comes on top. */
const MAX_HEADERS = 900;
/** Between two lines; `response-parser.ts` takes no other one, or makes it this one. */
export const NEW_LINE = "\r\n";

export interface AnswerFields {
  /** Name in lower case, value, name, value; without what frames the body. */
  headers: string[];
  length: number | undefined;
  /** Transfer-Encoding, in lower case. */
  coding: string | undefined;
  /** Connection, in lower case. */
  connection: string | undefined;
}

/** What stands in `text` from a place on. @throws AppError for a line that is no field, and for two lengths that differ. */
export function readFields(text: string, from: number): AnswerFields {
  const fields: AnswerFields = { headers: [], length: undefined, coding: undefined, connection: undefined };
  for (let start = from; start < text.length; ) {
    const lineEnd = text.indexOf(NEW_LINE, start);
    const end = lineEnd < 0 ? text.length : lineEnd;
    const field = readFieldLine(text, start, end);
    if (field === undefined) throw badGateway("A header of its answer is malformed.");
    const { value } = field;
    const name = field.name.toLowerCase();
    if (!FRAMING_HEADERS.has(name)) fields.headers.push(name, value);
    noteFraming(fields, name, value);
    start = end + NEW_LINE.length;
  }
  if (fields.headers.length > 2 * MAX_HEADERS) throw badGateway("Its answer has too many headers.");
  return fields;
}

function noteFraming(fields: AnswerFields, name: string, value: string): void {
  if (name === "content-length") {
    const length = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (Number.isNaN(length) || (fields.length ?? length) !== length)
      throw badGateway("Its answer has no valid length.");
    fields.length = length;
  } else if (name === "transfer-encoding") fields.coding = join(fields.coding, value);
  else if (name === "connection") fields.connection = join(fields.connection, value);
}

function join(before: string | undefined, value: string): string {
  return (before === undefined ? value : `${before},${value}`).toLowerCase();
}

/** May the connection be asked again, by what its Connection header says? */
export function isKept(connection: string | undefined, isHttp11: boolean): boolean {
  if (connection === undefined) return isHttp11;
  const tokens = connection.split(",").map((token) => token.trim());
  return !tokens.includes("close") && (isHttp11 || tokens.includes("keep-alive"));
}

/** The value of a header among name, value, name, value with names in lower case; the first of several. */
export function headerValue(headers: readonly string[], name: string): string | undefined {
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headers[index] === name) return headers[index + 1];
  }
  return undefined;
}
