import { expect, test } from "@jest/globals";
import { seeded } from "../../test/helpers/tcp-proxy.ts";
import { GarbledError, ServerFrames } from "./server-frames.ts";

function message(kind: string, ...parts: (string | number[] | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))));
  const head = Buffer.alloc(5);
  head.write(kind, 0, "latin1");
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const int16 = (value: number) => [(value >> 8) & 255, value & 255];
const int32 = (value: number) => [...int16(value >> 16), ...int16(value)];
const column = (name: string) => Buffer.concat([Buffer.from(`${name}\0`), Buffer.alloc(18)]);

const welcome = message("R", int32(0));
const ready = message("Z", "I");
const described = message("T", int16(2), column("a"), column("b"));
const aRow = message("D", int16(2), int32(3), "one", int32(-1));
const anError = message("E", "SERROR\0", "C42601\0", "Msyntax error\0", [0]);

const session = [
  welcome,
  message("S", "TimeZone\0UTC\0"),
  message("K", int32(4711), int32(-1)),
  ready,
  message("1"),
  message("2"),
  described,
  aRow,
  message("D", int16(2), int32(0), int32(9_000), "x".repeat(9_000)),
  message("C", "SELECT 2\0"),
  ready,
  message("A", int32(4711), "projects_state\0", "6f1ad6ab\0"),
  anError,
  message("N", "SNOTICE\0", "Mlook\0", [0]),
  message("t", int16(2), int32(25), int32(20)),
  message("n"),
  message("I"),
  message("3"),
  ready,
];

/** What passes of the pieces; throws as soon as one is refused. */
function take(pieces: Iterable<Buffer>): Buffer {
  const frames = new ServerFrames();
  return Buffer.concat([...pieces].map((piece) => frames.take(piece) ?? Buffer.alloc(0)));
}

function* inPieces(bytes: Buffer, random: () => number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + Math.floor(random() ** 4 * 3_000);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

test("what a server says passes unchanged, wherever it is cut", () => {
  const all = Buffer.concat(session);
  expect(take([all]).equals(all)).toBe(true);
  for (let seed = 0; seed < 100; seed += 1) expect(take(inPieces(all, seeded(seed))).equals(all)).toBe(true);
});

test("only whole messages pass", () => {
  const frames = new ServerFrames();
  expect(frames.take(Buffer.concat([welcome, described.subarray(0, 9)]))).toEqual(welcome);
  expect(frames.take(described.subarray(9, 20))).toBeUndefined();
  expect(frames.take(Buffer.concat([described.subarray(20), aRow.subarray(0, 3)]))).toEqual(described);
  expect(frames.take(aRow.subarray(3))).toEqual(aRow);
});

const wrong: [string, ...Buffer[]][] = [
  ["an error that lacks its last zero", message("E", "SERROR\0", "Mno end\0")],
  ["an error whose last text lacks its zero", message("E", "SERROR\0", "Mno end")],
  ["an error that ends before its message does", message("E", "SERROR\0", [0], "more\0")],
  ["an error of nothing", message("E")],
  ["a notice that lacks its last zero", message("N", "SNOTICE\0")],
  ["a kind that no server sends", message("q")],
  ["a request to copy, which nobody asked for", message("G", [0], int16(0))],
  ["a part of the rows, which nobody asked for", message("s")],
  ["a length that is too short", Buffer.from([0x5a, 0, 0, 0, 3, 0x49])],
  ["a length beyond all bounds", Buffer.from([0x44, 0xff, 0, 0, 0])],
  ["a status longer than any", Buffer.from([0x43, 0, 1, 0, 0])],
  ["a readiness that there is not", message("Z", "X")],
  ["an authentication that nobody knows", message("R", int32(99))],
  ["a row with fewer values than it says", described, message("D", int16(2), int32(3), "one")],
  ["a row with more than it says", described, message("D", int16(2), int32(-1), int32(-1), int32(-1))],
  ["a row with a value of negative length", described, message("D", int16(2), int32(-7), int32(-1))],
  ["a row with a value beyond its end", described, message("D", int16(2), int32(-1), int32(9))],
  ["a row with other columns than were said", described, message("D", int16(1), int32(-1))],
  ["a description with fewer columns than it says", message("T", int16(3), column("a"), column("b"))],
  ["a description with a name that has no end", message("T", int16(1), "abc", [1])],
  ["types of fewer parameters than it says", message("t", int16(2), int32(25))],
  ["a notification without its key", message("A", int32(1), "channel\0")],
  ["a parameter that lacks its last zero", message("S", "TimeZone\0UTC")],
];

test.each(wrong)("%s is refused, alone and byte by byte", (_what, ...messages) => {
  const bytes = Buffer.concat(messages);
  expect(() => take([bytes])).toThrow(GarbledError);
  expect(() => take(inPieces(bytes, () => 0))).toThrow(GarbledError);
});

test("of a garbled session nothing passes on which a parser would never end", () => {
  const all = Buffer.concat(session.filter(({ length }) => length < 1_000));
  let refused = 0;
  for (let seed = 0; seed < 5_000; seed += 1) {
    const random = seeded(seed);
    const garbled = Buffer.from(all);
    for (let left = 1 + Math.floor(random() * 3); left > 0; left -= 1) {
      garbled[Math.floor(random() * all.length)] = Math.floor(random() * 256);
    }
    const frames = new ServerFrames();
    try {
      for (const piece of inPieces(garbled, random)) expectEnds(frames.take(piece) ?? Buffer.alloc(0));
    } catch (error) {
      if (!(error instanceof GarbledError)) throw error;
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(1_500);
});

/** Each message is whole, and each error and notice in it ends with its own zero. */
function expectEnds(bytes: Buffer): void {
  let at = 0;
  while (at < bytes.length) {
    const end = at + 1 + bytes.readUInt32BE(at + 1);
    if (end > bytes.length) throw new Error("a part of a message passed");
    if ("EN".includes(String.fromCharCode(bytes[at] ?? 0))) expect([bytes[end - 2], bytes[end - 1]]).toEqual([0, 0]);
    at = end;
  }
}
