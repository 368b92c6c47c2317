import type { Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Life } from "../../../src/core/life.ts";
import { openMetrics } from "../../../src/core/metrics.ts";
import type { Db } from "../../../src/db/db.ts";
import { newPerson, newProject, type Person } from "../../helpers/people.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";
import { askUpgrade } from "../proxy/wire.ts";

const life = new Life("hub-websocket");
const metrics = openMetrics({ defaults: false });
let db: Db;
let hub: string;

beforeAll(async () => {
  db = await openTestDb(life);
  hub = await startRole(life, "hub-websocket", { db, metrics });
});

afterAll(async () => {
  expect(await life.stop()).toEqual([]);
});

/** A connection that was let in, over which a program says what no browser would. */
async function enter({ cookie }: Person): Promise<Socket> {
  const path = "/hub/?EIO=4&transport=websocket";
  const { status, socket } = await askUpgrade(hub, path, { headers: { Cookie: cookie } });
  expect(status).toBe(101);
  return socket;
}

/** A short text as a client's WebSocket frame, masked with zeros. */
function frame(text: string): Buffer {
  const body = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0]), body]);
}

/** The text that comes, and whether the hub has said goodbye: a WebSocket is closed by both sides, and this one does not answer. */
function hear(socket: Socket): { text: string; isOver: boolean } {
  const heard = { text: "", isOver: false };
  socket.on("data", (chunk: Buffer) => {
    heard.text += chunk.toString("latin1");
    heard.isOver ||= heard.text.includes("\x88");
  });
  socket.on("close", () => {
    heard.isOver = true;
  });
  return heard;
}

const HELLO = frame("40");
const browsers = async () => (await metrics.getSingleMetric("cocalc_hub_sockets")?.get())?.values[0]?.value;

test("many hellos over one connection are no many browsers, each with its look into the database", async () => {
  const socket = await enter(await newPerson(db));
  const heard = hear(socket);
  socket.write(Buffer.concat(Array.from({ length: 500 }, () => HELLO))); // in one piece: all before the first is answered
  await until(() => heard.isOver, { timeoutMs: 10_000 });
  expect(heard.text.match(/42\["account"/g)?.length ?? 0).toBeLessThanOrEqual(1);
  await until(async () => (await browsers()) === 0, { timeoutMs: 10_000 });
  socket.destroy();
});

test("a flood of requests that want no answer is cut off like any other", async () => {
  const socket = await enter(await newPerson(db));
  const heard = hear(socket);
  socket.write(HELLO);
  socket.write(Buffer.concat(Array.from({ length: 2_000 }, () => frame('42["ping",{}]'))));
  await until(() => heard.isOver, { timeoutMs: 10_000 });
  socket.destroy();
});

test("one account asked twenty times as much by twenty sockets: they share what it may, and others have their own", async () => {
  const [greedy, other] = [await newPerson(db), await newPerson(db)];
  const asking = Buffer.concat(Array.from({ length: 100 }, (_, index) => frame(`42${index}["ping",{}]`)));
  const sockets = await Promise.all(Array.from({ length: 20 }, () => enter(greedy)));
  const heard = sockets.map(hear);
  for (const socket of sockets) socket.write(HELLO);
  await until(async () => (await browsers()) === 20, { timeoutMs: 10_000 });
  for (const socket of sockets) socket.write(asking);
  const answers = (what: RegExp) => heard.reduce((sum, { text }) => sum + (text.match(what)?.length ?? 0), 0);
  await until(() => answers(/43\d+\[/g) === 2_000, { timeoutMs: 10_000 });
  expect(answers(/"ok":true/g)).toBeLessThan(1_700); // a thousand, and what flowed in meanwhile
  expect(answers(/"rate_limited"/g)).toBeGreaterThan(300);
  const socket = await enter(other);
  const own = hear(socket);
  socket.write(HELLO);
  await until(async () => (await browsers()) === 21, { timeoutMs: 10_000 });
  socket.write(frame('421["ping",{}]'));
  await until(() => own.text.includes('"ok":true'), { timeoutMs: 10_000 });
  for (const each of [socket, ...sockets]) each.destroy();
  await until(async () => (await browsers()) === 0, { timeoutMs: 10_000 });
});

test("who asks and asks, says that it is there, and never reads, is cut off before the answers fill the memory", async () => {
  const person = await newPerson(db);
  for (let index = 0; index < 100; index += 1) await newProject(db, [[person, "owner"]], { title: "x".repeat(5_000) });
  const socket = await enter(person);
  socket.write(HELLO);
  await until(async () => (await browsers()) === 1, { timeoutMs: 10_000 });
  socket.pause();
  const ask = () => socket.write(Buffer.concat([frame('421["list_projects",{}]'), frame("3")]));
  const isCutOff = () => {
    ask();
    return socket.destroyed;
  };
  await until(isCutOff, { everyMs: 60, timeoutMs: 15_000 });
  await until(async () => (await browsers()) === 0, { timeoutMs: 10_000 });
});

test("attachments of a packet that never gets whole were kept by the hub, which takes none", async () => {
  const socket = await enter(await newPerson(db));
  const heard = hear(socket);
  socket.write(HELLO);
  await until(() => heard.text.includes('42["account"'));
  socket.write(frame('4510-["ping",{"_placeholder":true,"num":0}]'));
  await until(() => heard.isOver);
  socket.destroy();
});
