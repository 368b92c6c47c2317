import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { headerValue } from "./answer-fields.ts";
import { type ResponseContext, type ResponseHead, ResponseParser } from "./response-parser.ts";

const GET: ResponseContext = { method: "GET", isUpgrade: false };

/** Everything that is read out of these pieces; each is lent from one buffer that is overwritten afterwards, as a connection's is. */
function readAll(pieces: readonly Buffer[], { context = GET as ResponseContext, closes = false } = {}) {
  const read = {
    heads: [] as ResponseHead[],
    body: "",
    trailers: [] as string[],
    ends: 0,
  };
  const parser = new ResponseParser({
    onHead: (head) => void read.heads.push(head),
    onData: (chunk) => {
      read.body += chunk.toString("latin1");
    },
    onEnd: (trailers) => {
      read.trailers = trailers;
      read.ends += 1;
    },
  });
  parser.begin(context);
  const shared = Buffer.alloc(70_000);
  let rest = "";
  for (const piece of pieces) {
    piece.copy(shared);
    rest += parser.read(shared.subarray(0, piece.length)).toString("latin1");
    shared.fill("!");
  }
  if (closes) parser.close();
  return { ...read, rest, isOver: parser.isOver, isUpgraded: parser.isUpgraded, keepAlive: parser.keepAlive };
}

const readText = (text: string, options?: Parameters<typeof readAll>[1]) =>
  readAll([Buffer.from(text, "latin1")], options);
const answer = (head: string, body = "") => `HTTP/1.1 200 OK\r\n${head}\r\n${body}`;

test("a body of a told length, and what comes behind it", () => {
  const read = readText(answer("Content-Length: 3\r\nX: y\r\n", "abcmore"));
  expect(read).toMatchObject({ body: "abc", rest: "more", isOver: true, keepAlive: true, ends: 1 });
  expect(read.heads).toEqual([{ status: 200, headers: ["x", "y"], length: 3, isStream: false }]);
});

test("chunks with extensions, and trailers", () => {
  const body = "3;a=b\r\nabc\r\n0A\r\n0123456789\r\n0\r\nSum: 42\r\n\r\n";
  const read = readText(answer("Transfer-Encoding: chunked\r\n", body));
  expect(read).toMatchObject({ body: "abc0123456789", trailers: ["sum", "42"], isOver: true, keepAlive: true });
  expect(read.heads[0]).toMatchObject({ length: undefined, isStream: true });
});

test.each([
  ["bare line ends", "HTTP/1.0 200 OK\nContent-Type: text/html\nX: y\n\n"],
  ["a last line without CR", "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nX: y\n\n"],
  ["an empty line without CR", "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nX: y\r\n\n"],
  ["an empty line with CR alone", "HTTP/1.0 200 OK\nContent-Type: text/html\nX: y\n\r\n"],
  ["one bare line end", "HTTP/1.0 200 OK\r\nContent-Type: text/html\nX: y\r\n\r\n"],
  ["an empty line before one of another kind", "HTTP/1.0 200 OK\nContent-Type: text/html\nX: y\n\n\r\n", "\r\n"],
])("the head of a small server with %s, in pieces of any size", (_, head, beforeBody = "") => {
  const context = { ...GET, takesBareLineFeeds: true };
  expect(() => readText(head, { closes: true })).toThrow(expect.objectContaining({ status: 502 })); // of a role of ours
  const bytes = Buffer.from(`${head}<p>\n\n\r\n\r\n`);
  for (let size = 1; size <= bytes.length; size += 1) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    );
    const read = readAll(pieces, { context, closes: true });
    expect(read.heads[0]?.headers).toEqual(["content-type", "text/html", "x", "y"]);
    expect(read.body).toBe(`${beforeBody}<p>\n\n\r\n\r\n`);
  }
});

test("a body that ends with the connection, which is not used again", () => {
  expect(readText(answer("", "all of it"), { closes: true })).toMatchObject({
    body: "all of it",
    isOver: true,
    keepAlive: false,
    ends: 1,
  });
});

test.each([
  ["HEAD", 200],
  ["GET", 204],
  ["GET", 304],
])("no body after %s answered with %i, whatever the head says", (method, status) => {
  const text = `HTTP/1.1 ${status} x\r\nContent-Length: 5\r\n\r\nHTTP/`;
  expect(readText(text, { context: { method, isUpgrade: false } })).toMatchObject({
    body: "",
    rest: "HTTP/",
    isOver: true,
  });
});

test("interim answers are no answer, and a switch of protocols gives the rest away", () => {
  expect(readText(`HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n${answer("Content-Length: 0\r\n")}`)).toMatchObject({
    isOver: true,
    ends: 1,
  });
  const switched = readText("HTTP/1.1 101 Go\r\nUpgrade: websocket\r\n\r\n\x81\x00", {
    context: { method: "GET", isUpgrade: true },
  });
  expect(switched).toMatchObject({ isUpgraded: true, rest: "\x81\x00" });
  expect(headerValue(switched.heads[0]?.headers ?? [], "upgrade")).toBe("websocket");
});

test("answers that come before the answer are bounded: millions of them were read", () => {
  const interim = (count: number) => "HTTP/1.1 103 Hints\r\n\r\n".repeat(count) + answer("Content-Length: 0\r\n");
  expect(readText(interim(100))).toMatchObject({ isOver: true, ends: 1 });
  expect(() => readText(interim(101))).toThrow(expect.objectContaining({ status: 502 }));
});

test.each([
  ["Connection: close\r\n", "HTTP/1.1", false],
  ["Connection: X-Hop, Close\r\n", "HTTP/1.1", false],
  ["", "HTTP/1.0", false],
  ["Connection: keep-alive\r\n", "HTTP/1.0", true],
])("after %j with %s the connection is kept: %p", (header, version, keepAlive) => {
  expect(readText(`${version} 200 OK\r\n${header}Content-Length: 0\r\n\r\n`).keepAlive).toBe(keepAlive);
});

test("a length beside chunks is not passed on, and the connection is not used again", () => {
  const read = readText(answer("Content-Length: 9\r\nTransfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\n\r\n"));
  expect(read).toMatchObject({ body: "a", isOver: true, keepAlive: false });
  expect(read.heads[0]?.length).toBeUndefined();
});

test.each([
  "SSH-2.0-OpenSSH\r\n\r\n",
  "HTTP/2 200\r\n\r\n",
  "HTTP/1.1 20 OK\r\n\r\n",
  "HTTP/1.1 101 Go\r\n\r\n",
  "HTTP/1.1 200 OK\nX: a\r\n\r\n",
  answer("No colon\r\n"),
  answer(": no name\r\n"),
  answer("Name : space\r\n"),
  answer(" folded: x\r\n"),
  answer("X: a\nb\r\n"),
  answer("X: a\0b\r\n"),
  answer("Content-Length: -1\r\n"),
  answer("Content-Length: 1, 1\r\n"),
  answer("Content-Length: 1\r\nContent-Length: 2\r\n", "ab"),
  answer("Transfer-Encoding: gzip, chunked\r\n"),
  answer("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
  answer("Transfer-Encoding: chunked\r\n", "x\r\n"),
  answer("Transfer-Encoding: chunked\r\n", "1\r\nabc"),
  answer("Transfer-Encoding: chunked\r\n", "FFFFFFFFFFFFFFFF\r\n"),
  answer("Transfer-Encoding: chunked\r\n", `0\r\n${"a: b\r\n".repeat(200)}`),
  answer("a: b\r\n".repeat(1_001)),
])("%j is refused as a bad gateway", (text) => {
  expect(() => readText(text.padEnd(10, "\0"))).toThrow(expect.objectContaining({ code: "unavailable", status: 502 }));
});

test("another server's greeting is refused at once, although it is no whole head", () => {
  const broken = expect.objectContaining({ status: 502 });
  expect(() => readText("SSH-2.0-OpenSSH\r\n")).toThrow(broken);
  expect(() => readAll([Buffer.from("HT"), Buffer.from("X")])).toThrow(broken);
  expect(readAll([Buffer.from("HT"), Buffer.from("TP/1.1 20")])).toMatchObject({ isOver: false });
});

test("a length that is said twice is told once", () => {
  const read = readText(answer("Content-Length: 2\r\nContent-Length: 2\r\n", "ab"));
  expect(read).toMatchObject({ body: "ab", heads: [{ headers: [], length: 2 }] });
});

test("a head without end, and a chunk's line without end, are bounded", () => {
  const endless = Array.from({ length: 100 }, () => Buffer.from("a".repeat(1_000)));
  const broken = expect.objectContaining({ status: 502 });
  expect(() => readAll([Buffer.from("HTTP/1.1 200 OK\r\nX: "), ...endless])).toThrow(broken);
  expect(() => readAll([Buffer.from(answer("Transfer-Encoding: chunked\r\n", "1;")), ...endless])).toThrow(broken);
});

test.each([
  answer("Content-Length: 5\r\n", "abc"),
  answer("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"),
  "HTTP/1.1 2",
])("%j is cut off when the connection ends", (text) => {
  expect(() => readText(text, { closes: true })).toThrow(expect.objectContaining({ status: 502 }));
});

test("however the bytes are cut, the same is read", () => {
  const chunks = fc.array(fc.string({ minLength: 1, maxLength: 40 }), { maxLength: 8 });
  const framings = fc.oneof(
    chunks.map((parts) => {
      const lines = parts.map((part) => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`);
      return {
        text: answer("Transfer-Encoding: chunked\r\n", `${lines.join("")}0\r\nSum: 1\r\n\r\n`),
        body: parts.join(""),
      };
    }),
    chunks.map((parts) => {
      const body = parts.join("");
      return { text: answer(`Content-Length: ${Buffer.byteLength(body)}\r\n`, body), body };
    }),
  );
  fc.assert(
    fc.property(framings, fc.array(fc.nat({ max: 400 }), { maxLength: 12 }), ({ text, body }, cuts) => {
      const bytes = Buffer.from(`${text}NEXT`);
      const at = [...new Set([0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length])].sort(
        (a, b) => a - b,
      );
      const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
      const read = readAll(pieces);
      expect(read).toMatchObject({ body: Buffer.from(body).toString("latin1"), rest: "NEXT", isOver: true, ends: 1 });
    }),
  );
});
