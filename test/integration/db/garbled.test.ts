/** Servers whose bytes are wrong: whoever asks them is told, the connection is closed and counted, and the process goes on. */

import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { expect, test } from "@jest/globals";
import type { Life } from "../../../src/core/life.ts";
import { openMetrics } from "../../../src/core/metrics.ts";
import { newClient } from "../../../src/db/client.ts";
import { testLives } from "../../helpers/life.ts";
import { configOf, openDbOn } from "../../helpers/postgres.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

function message(kind: string, body: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(kind), length, Buffer.from(body, "latin1")]);
}
const welcome = message("R", "\0\0\0\0");
const ready = message("Z", "I");
const done = Buffer.concat([message("C", "SELECT 1\0"), ready]);
const noBytes = Buffer.alloc(0);

/** A server that says one thing to whoever connects, and answers what it is asked then. It never hangs up. */
async function openServer(life: Life, first: Buffer, answer: (asked: string) => Buffer = () => noBytes) {
  const served = { open: new Set<Socket>(), accepted: 0 };
  const server = createServer((socket) => {
    served.accepted += 1;
    served.open.add(socket);
    socket.on("close", () => served.open.delete(socket));
    socket.on("error", () => {}); // what a client does to it is what is looked at
    socket.once("data", () => {
      socket.write(first);
      socket.on("data", (asked: Buffer) => socket.write(answer(asked.toString("latin1"))));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  life.defer("server", () => new Promise<void>((closed) => server.close(() => closed())));
  const { port } = server.address() as { port: number }; // a TCP server that listens has one
  return { served, place: { host: "127.0.0.1", port, user: "any", password: "any", database: "any" } };
}

const garbledWelcomes: [string, Buffer][] = [
  ["an error without its last zero", message("E", "SFATAL\0C57P03\0Mnot now")],
  ["a notice without its last zero", message("N", "SNOTICE\0Mlook")],
  ["no word of PostgreSQL", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ["an authentication that there is not", message("R", "\0\0\0\x63")],
  ["a SCRAM answer that is none", message("R", "\0\0\0\x0cv=abc")],
  ["an error, and stays", message("E", "SERROR\0C57P03\0Mnot now\0\0")],
];

test.each(garbledWelcomes)("a server that says %s lets nobody in, and no socket stays open", async (_what, first) => {
  const { served, place } = await openServer(newLife(), first);
  await expect(newClient(place).connect()).rejects.toThrow();
  await until(() => served.open.size === 0);
});

const garbledAnswers: [string, Buffer][] = [
  ["an error without its last zero", message("E", "SERROR\0Mno")],
  ["a row that is cut", Buffer.concat([message("T", "\0\0"), message("D", "\0\x01\0\0\0\x09x")])],
  ["an end that nobody waited for", Buffer.concat([done, done])],
];

test.each(garbledAnswers)(
  "after %s the connection is closed and counted, and the process goes on",
  async (_what, answer) => {
    const life = newLife();
    const { served, place } = await openServer(life, Buffer.concat([welcome, ready]), () => answer);
    const metrics = openMetrics({ defaults: false });
    const db = openDbOn(life, configOf(place), "test", { metrics });
    await db.query("SELECT 1").catch((error: unknown) => expect(error).toMatchObject({ code: "unavailable" }));
    await until(() => served.open.size === 0);
    expect(await metrics.metrics()).toContain("connections_lost_total 1");
  },
);

const listened = (channel: string) =>
  Buffer.concat([
    message("T", `\0\x01channel\0${"\0".repeat(18)}`),
    message("D", `\0\x01\0\0\0${String.fromCharCode(channel.length)}${channel}`),
    done,
  ]);

/** A consumer of `news` on a server that lets it in and answers as told. */
async function openListener(answer: (asked: string, accepted: number) => Buffer) {
  const life = newLife();
  const server = await openServer(life, Buffer.concat([welcome, ready]), (asked) =>
    answer(asked, server.served.accepted),
  );
  const db = openDbOn(life, configOf(server.place), "test", {
    heartbeat: { heartbeatMs: 100, heartbeatTimeoutMs: 5_000 },
  });
  const told = { keys: [] as string[], missed: 0 };
  await db.listen(life, {
    channels: ["news"],
    onNotify: (key) => void told.keys.push(key),
    onMissed: () => {
      told.missed += 1;
    },
  });
  return { told, served: server.served };
}

test("a LISTEN that was garbled on its way is found out, and said again on another connection", async () => {
  const { told, served } = await openListener((asked, accepted) =>
    asked.includes("LISTEN") ? done : listened(accepted === 1 ? "newt" : "news"),
  );
  await until(() => told.missed === 1);
  expect(served.accepted).toBe(2);
});

test("a notification on a channel that nobody asked for ends the connection, and is told as missed", async () => {
  const { told, served } = await openListener((asked, accepted) => {
    if (asked.includes("LISTEN")) return done;
    const [channel, key] = accepted === 1 ? ["newt", "wrong"] : ["news", "right"];
    return Buffer.concat([listened("news"), message("A", `\0\0\0\x01${channel}\0${key}\0`)]);
  });
  await until(() => told.keys.length > 0);
  expect(told.keys).not.toContain("wrong");
  expect([told.missed, served.accepted]).toEqual([2, 2]);
});
