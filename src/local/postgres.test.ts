/** The embedded PostgreSQL: it starts, keeps its data, is in UTC, asks for the password, and leaves nothing behind. */

import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { testLives } from "../../test/helpers/life.ts";
import { until } from "../../test/helpers/until.ts";
import { Life } from "../core/life.ts";
import { endClient, newClient } from "../db/client.ts";
import { type RunningPostgres, startPostgres } from "./postgres.ts";
import { identify, pidsWorkingIn, signalProcess } from "./processes.ts";

const newLife = testLives();
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "cocalc-postgres-"));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function query(server: RunningPostgres, sql: string): Promise<unknown[]> {
  const client = newClient({ ...server });
  try {
    await client.connect();
    const last = [await client.query({ text: sql, rowMode: "array" })].flat().at(-1);
    return last?.rows.flat() ?? [];
  } finally {
    await endClient(client);
  }
}

async function masterPid(): Promise<number> {
  return Number((await readFile(join(dataDir, "cluster/postmaster.pid"), "utf8")).split("\n")[0]);
}

test("keeps data, password and port over a stop and a start; runs in UTC; leaves no process", async () => {
  const first = new Life("first");
  const server = await startPostgres(first, { dataDir, fast: true });
  expect(await query(server, "SHOW timezone")).toEqual(["UTC"]);
  await query(server, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)");
  expect(await query(server, "SELECT lower('ÄÖ')")).toEqual(["äö"]);
  expect(await first.stop()).toEqual([]);
  expect(await pidsWorkingIn(join(dataDir, "cluster"))).toEqual([]);

  const again = await startPostgres(newLife(), { dataDir, fast: true });
  expect(again).toEqual(server);
  expect(await query(again, "SELECT n FROM kept")).toEqual([7]);
  expect((await stat(join(dataDir, "server.json"))).mode & 0o777).toBe(0o600);
});

test("refuses a wrong password", async () => {
  const server = await startPostgres(newLife(), { dataDir, fast: true });
  await expect(query({ ...server, password: "wrong" }, "SELECT 1")).rejects.toThrow(/password authentication failed/);
});

test("a server that dies is started again; when that does not help its life fails, and the next starts from what is left", async () => {
  const life = new Life("killed");
  const told: string[] = [];
  const server = await startPostgres(life, { dataDir, onRestart: ({ message }) => told.push(message) });
  await query(server, "DROP TABLE IF EXISTS survivor; CREATE TABLE survivor (n int)");
  const first = await masterPid();
  signalProcess(first, "SIGKILL");
  const count = () => query(server, "SELECT count(*)::int FROM survivor").catch(() => undefined);
  await until(async () => (await masterPid().catch(() => first)) !== first && (await count())?.[0] === 0, {
    what: "the same server answers again",
    timeoutMs: 30_000,
  });
  expect(told).toEqual([expect.stringMatching(/PostgreSQL ended by itself/)]);
  signalProcess(await masterPid(), "SIGKILL");
  expect((await life.failed).message).toMatch(/PostgreSQL ended by itself/);
  await life.stop();
  const again = await startPostgres(newLife(), { dataDir });
  expect(await query(again, "SELECT count(*)::int FROM survivor")).toEqual([0]);
});

test("stops a server that an earlier run left running before it starts its own", async () => {
  const left = new Life("left");
  await startPostgres(left, { dataDir, fast: true });
  const before = await masterPid();
  const again = await startPostgres(newLife(), { dataDir, fast: true });
  expect(await masterPid()).not.toBe(before);
  await until(async () => (await identify(before)) === undefined);
  expect(await query(again, "SELECT 1")).toEqual([1]);
  await left.stop();
});

test("takes another port when the kept one is taken, and says so when a wished one is", async () => {
  const first = new Life("first");
  const { port } = await startPostgres(first, { dataDir, fast: true });
  await first.stop();
  const occupant = createServer();
  await new Promise<void>((resolve) => occupant.listen(port, "127.0.0.1", resolve));
  try {
    const server = await startPostgres(newLife(), { dataDir, fast: true });
    expect(server.port).not.toBe(port);
    await expect(startPostgres(newLife(), { dataDir: `${dataDir}/second`, port, fast: true })).rejects.toThrow(
      /is taken/,
    );
  } finally {
    occupant.close();
  }
});
