import { expect, jest, test } from "@jest/globals";
import { boundedParser } from "./socket-parser.ts";

function reading(attachments: 0 | 1) {
  const { Decoder } = boundedParser({ attachments });
  const decoder = new Decoder();
  const decoded = jest.fn<(packet: { data?: unknown }) => void>();
  decoder.on("decoded", decoded);
  return { decoder, decoded };
}

test("ten attachments of 24 MB could wait on each socket for one more that never came", () => {
  const { decoder, decoded } = reading(1);
  expect(() => decoder.add('52-["document_update",{"_placeholder":true,"num":0}]')).toThrow("too many attachments");
  decoder.add('51-["document_update",{"update":{"_placeholder":true,"num":0}}]');
  decoder.add(Buffer.from("text"));
  expect(decoded.mock.calls[0]?.[0].data).toEqual(["document_update", { update: Buffer.from("text") }]);
});

test("the head of a packet waited for its attachment, whatever its length", () => {
  const { decoder, decoded } = reading(1);
  const long = "x".repeat(100_000);
  for (const type of [5, 6])
    expect(() => decoder.add(`${type}1-["a","${long}",{"_placeholder":true,"num":0}]`)).toThrow();
  decoder.add(`2["a","${long}"]`);
  expect(decoded.mock.calls[0]?.[0].data).toEqual(["a", long]);
});

test("a socket of the hub, which takes no binary at all, kept attachments", () => {
  expect(() => reading(0).decoder.add('51-["ping",{"_placeholder":true,"num":0}]')).toThrow("too many attachments");
});
