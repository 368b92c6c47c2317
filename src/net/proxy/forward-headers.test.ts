import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { requestHead, responseHeaders } from "./forward-headers.ts";
import { type Framing, framingFields, framingOf } from "./framing.ts";

const client = { address: "203.0.113.1", proto: "https", host: "x.example" } as const;
const headOf = (rawHeaders: readonly string[], framing: Framing, upgrade?: string) =>
  requestHead({ method: "POST", path: "/a", rawHeaders, framing, client, upgrade });

/** The lines of a head that tell the length of a body. */
const framingLines = (head: string) =>
  head.split("\r\n").filter((line) => /^(?:content-length|transfer-encoding)\s*:/i.test(line));

const names = fc.constantFrom(
  "Content-Length",
  "content-length",
  "Transfer-Encoding",
  "Connection",
  "Host",
  "Cookie",
  "X-A",
);
const values = fc.constantFrom("5", "44", "chunked", "content-length", "transfer-encoding, cookie", "keep-alive", "a");
const framings = fc.oneof(
  fc.constant<Framing>({ kind: "none" }),
  fc.constant<Framing>({ kind: "chunked" }),
  fc.nat().map((bytes): Framing => ({ kind: "length", bytes })),
);

test("whatever was received, a head tells the framing of the body that follows, once, and nothing else of it", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(names, values)), framings, (received, framing) => {
      const [name, value] = framingFields(framing);
      const told = name === undefined ? [] : [`${name}: ${value}`];
      expect(framingLines(headOf(received.flat(), framing))).toEqual(told);
    }),
  );
});

test("an upgrade tells of no body", () => {
  expect(framingLines(headOf(["Content-Length", "5"], { kind: "none" }, "websocket"))).toEqual([]);
});

test.each([
  [{}, { kind: "none" }],
  [{ "content-length": "0" }, { kind: "length", bytes: 0 }],
  [{ "content-length": "0044" }, { kind: "length", bytes: 44 }],
  [{ "transfer-encoding": "Chunked" }, { kind: "chunked" }],
])("%j is framed as %j", (headers, framing) => {
  expect(framingOf(headers)).toEqual(framing);
});

test("what another side answers is framed anew, too", () => {
  const answered = [
    "content-length",
    "4",
    "transfer-encoding",
    "chunked",
    "connection",
    "x-hop",
    "x-hop",
    "1",
    "x-a",
    "1",
  ];
  expect(responseHeaders(answered)).toEqual(["x-a", "1"]);
});
