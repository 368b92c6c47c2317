/** hub-proxy, authorised, and ingress, before and after http-proxy-middleware, against nginx, configurable-http-proxy and no proxy at all. */

import WebSocket, { WebSocketServer } from "ws";
import type { Life } from "../../src/core/life.ts";
import { freePort } from "../../src/net/serve/free-port.ts";
import { downloadSpeed, requestsPerSecond } from "./processes.ts";
import { LOAD_CORE, type ProxyName, startBackend, startBareNode, startProxies, type Target } from "./proxies.ts";
import { type Benchmark, type Figure, median, ms, perSecond, withSpread } from "./report.ts";

const ROUNDS = 5;
const SECONDS = 4;
/** What is compiled while it runs is not fast at once: nobody measures a hub that started this instant. */
const WARM_UP_SECONDS = 8;
const CONNECTIONS = 32;
const ECHOES = 1_000;
const WARM_UP_ECHOES = 200;

type Name = ProxyName | "a bare Node server that answers itself" | "no proxy";

export function benchmark(life: Life): Benchmark {
  return {
    name: "proxy",
    async run() {
      const backend = await startBackend(life);
      const proxies = await startProxies(life, backend.port);
      const bare = { "a bare Node server that answers itself": await startBareNode(life) };
      const direct = { "no proxy": { origin: `http://127.0.0.1:${backend.port}`, prefix: "", headers: [] } };
      return [
        ...(await smallGets({ ...proxies, ...bare })),
        ...(await largeStream({ ...proxies, ...direct })),
        ...(await echoes(life)),
      ];
    },
  };
}

type Targets = Partial<Record<Name, Target>>;
/** What was measured of each target, a value per round. */
type Rounds = Map<string, number[]>;

/** Measures every target once in each round, by turns: what disturbs the machine for a while disturbs them alike. */
async function byTurns(targets: Targets, measure: (target: Target) => Promise<number>): Promise<Rounds> {
  const rounds: Rounds = new Map(Object.keys(targets).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, target] of Object.entries(targets)) rounds.get(name)?.push(await measure(target));
  }
  return rounds;
}

interface Row {
  /** Such as "small GETs". */
  what: string;
  rounds: Rounds;
  show: (value: number) => string;
  how: string;
}

/** The row of one target against another. Their ratio is that of the same round. */
function compare({ what, rounds, show, how }: Row, ours: Name, other: Name, aim?: Aim): Figure {
  const [measured = [], against = []] = [rounds.get(ours), rounds.get(other)];
  const ratios = measured.map((value, round) => value / (against[round] ?? Number.NaN));
  return {
    what: `${what} through ${ours}, against ${other}`,
    measured: withSpread(measured, show),
    against: withSpread(against, show),
    ratio: median(ratios),
    ratios,
    how,
    ...(aim === undefined ? {} : { aim: aim.words, met: aim.isMet(median(ratios)) }),
  };
}

interface Aim {
  words: string;
  isMet: (ratio: number) => boolean;
}

const atLeast = (least: number): Aim => ({ words: `≥ ${least}`, isMet: (ratio) => ratio >= least });

async function smallGets(targets: Targets): Promise<Figure[]> {
  const rate = (seconds: number, { origin, prefix, headers }: Target) =>
    requestsPerSecond(`${origin}${prefix}/small`, { seconds, connections: CONNECTIONS, headers, core: LOAD_CORE });
  for (const target of Object.values(targets)) await rate(WARM_UP_SECONDS, target);
  const rounds = await byTurns(targets, (target) => rate(SECONDS, target));
  const how = `wrk -c${CONNECTIONS}, 1 KiB, ${ROUNDS} rounds of ${SECONDS} s by turns after ${WARM_UP_SECONDS} s each to warm up, median (least–most); load and backend on one core, proxy on the other`;
  const row = { what: "small GETs", rounds, show: perSecond, how };
  return [
    compare(row, "hub-proxy", "nginx", atLeast(0.6)),
    compare(row, "hub-proxy", "configurable-http-proxy", atLeast(4)),
    compare(row, "hub-proxy", "a bare Node server that answers itself"),
    compare(row, "ingress", "ingress before"),
    compare(row, "ingress", "nginx"),
    compare(row, "ingress", "configurable-http-proxy"),
  ];
}

async function largeStream(targets: Targets): Promise<Figure[]> {
  const rounds = await byTurns(targets, ({ origin, prefix, headers }) =>
    downloadSpeed(`${origin}${prefix}/large`, headers),
  );
  const show = (bytesPerSecond: number) => `${(bytesPerSecond / 1e6).toFixed(0)} MB/s`;
  const row = { what: "1 GB stream", rounds, show, how: `curl, ${ROUNDS} rounds by turns, median (least–most)` };
  return [
    compare(row, "hub-proxy", "nginx", atLeast(0.8)),
    compare(row, "hub-proxy", "configurable-http-proxy"),
    compare(row, "hub-proxy", "no proxy"),
    compare(row, "ingress", "ingress before"),
    compare(row, "ingress", "nginx"),
    compare(row, "ingress", "configurable-http-proxy"),
  ];
}

async function echoes(life: Life): Promise<Figure[]> {
  const port = await freePort();
  const server = new WebSocketServer({ host: "127.0.0.1", port });
  life.defer("echo server", () => void server.close());
  server.on("connection", (socket) =>
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  const direct = { "no proxy": { origin: `http://127.0.0.1:${port}`, prefix: "", headers: [] } };
  const rounds = await byTurns({ ...(await startProxies(life, port)), ...direct }, async (target) =>
    median(await roundTrips(target)),
  );
  const how = `${ECHOES} messages of 64 bytes, one at a time, ${ROUNDS} rounds by turns: median of their medians (least–most)`;
  const row = { what: "WebSocket echo", rounds, show: ms, how };
  const more = median(rounds.get("hub-proxy") ?? []) - median(rounds.get("no proxy") ?? []);
  return [
    compare(row, "hub-proxy", "no proxy", { words: "≤ 0.3 ms more", isMet: () => more <= 0.3 }),
    compare(row, "hub-proxy", "nginx"),
    compare(row, "hub-proxy", "configurable-http-proxy"),
    compare(row, "ingress", "ingress before"),
    compare(row, "ingress", "nginx"),
    compare(row, "ingress", "configurable-http-proxy"),
  ];
}

/** Milliseconds of each round trip, after some to warm up. */
async function roundTrips({ origin, prefix, headers }: Target): Promise<number[]> {
  const pairs = headers.map((header) => header.split(/: (.*)/s).slice(0, 2));
  const url = `${origin.replace("http", "ws")}${prefix}/echo`;
  const socket = new WebSocket(url, { headers: Object.fromEntries(pairs) });
  const opened = Promise.withResolvers<void>();
  socket.once("open", opened.resolve).once("error", opened.reject);
  await opened.promise;
  const times: number[] = [];
  for (let count = 0; count < ECHOES + WARM_UP_ECHOES; count += 1) {
    const began = performance.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once("message", () => resolve());
    socket.send("x".repeat(64));
    await promise;
    times.push(performance.now() - began);
  }
  socket.terminate();
  return times.slice(WARM_UP_ECHOES);
}
