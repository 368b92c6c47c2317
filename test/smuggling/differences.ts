/**
 * Looks for requests that two readers see differently: each case goes to a reader alone and through a proxy behind such a reader, and what arrives there
 * has to be what was read here. Many cases are under way at once, so that they follow one another on the connections that proxies share.
 */

import { until } from "../helpers/until.ts";
import { type Case, caseOf, type Road } from "./cases.ts";
import { type Answered, send } from "./client.ts";
import type { Recorder } from "./recorder.ts";

/** A way to a recorder, entered at a port of this machine. */
export interface Way {
  port: number;
  recorder: Recorder;
}

export interface Search {
  /** The first reader by itself. */
  alone: Way;
  /** The same kind of reader with the proxies behind it. */
  through: Way;
  road: Road;
  seed: number;
  cases: number;
  /** Ends the search with the first difference. */
  stopAtFirst?: boolean;
}

export interface Found {
  differences: string[];
  /** How many cases were looked at. */
  cases: number;
  /** In how many cases both took a request. */
  accepted: number;
  /** Requests that were answered to those who asked, and requests that arrived, of cases in which nothing is missing. */
  answered: number;
  arrived: number;
}

const AT_ONCE = 16;
const BATCH = 200;
const LONGER_PATIENCE_MS = 2_000;

export async function findDifferences({ alone, through, road, seed, cases, stopAtFirst }: Search): Promise<Found> {
  const found: Found = { differences: [], cases: 0, accepted: 0, answered: 0, arrived: 0 };
  while (found.cases < cases && !(stopAtFirst === true && found.differences.length > 0)) {
    const batch = Array.from({ length: Math.min(BATCH, cases - found.cases) }, (_, at) =>
      caseOf(seed, found.cases + at, road),
    );
    await sendAll(alone.port, batch);
    const answers = await sendAll(through.port, batch);
    for (const [at, each] of batch.entries())
      await compare(each, { answers: answers[at] ?? [], alone, through, found });
    found.cases += batch.length;
  }
  let before = -1;
  await until(
    () => {
      const isQuiet = before === through.recorder.count();
      before = through.recorder.count();
      return isQuiet;
    },
    { everyMs: 200 },
  );
  for (const record of through.recorder.left()) {
    const [, number, hidden] = /^(\d+)(?:-b)?(-hidden)?: /.exec(record) ?? [];
    if (number !== undefined && hidden === undefined) continue; // what was asked for and given up arrived late
    const read = number === undefined ? [] : await readPatiently(alone, caseOf(seed, Number(number), road));
    if (!read.includes(record)) found.differences.push(`nobody asked for ${JSON.stringify(record)}`);
  }
  return found;
}

/** The answers to each case, a few cases at a time. */
async function sendAll(port: number, batch: readonly Case[]): Promise<Answered[][]> {
  const answers: Answered[][] = [];
  const waiting = [...batch.entries()];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      answers[next[0]] = await send(port, next[1]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return answers;
}

interface Seen {
  answers: Answered[];
  alone: Way;
  through: Way;
  found: Found;
}

async function compare(each: Case, { answers, alone, through, found }: Seen): Promise<void> {
  const { asks, bytes, mayHang } = each;
  const arrived = recordsOf(each, through);
  let read = recordsOf(each, alone);
  if (mayHang && arrived.some((record) => !read.includes(record))) read = await readPatiently(alone, each);
  const good = answers.filter(({ status }) => status === 200);
  const tell = (what: string) =>
    found.differences.push(`${what}\n${JSON.stringify({ case: bytes.toString("latin1"), read, arrived, answers })}`);
  const left = [...read];
  for (const record of arrived) {
    const at = left.indexOf(record);
    if (at < 0) return void tell("something arrived that was not read so");
    left.splice(at, 1);
  }
  for (const [at, { status, names }] of answers.entries()) {
    const isOurs = asks[at]?.id === names || (mayHang && read.some((record) => record.startsWith(`${names}: `)));
    if (status === 200 && !isOurs) return void tell(`answer ${at} names ${names}`);
  }
  if (read.length > 0 && arrived.length > 0) found.accepted += 1;
  if (mayHang) return;
  found.answered += good.length;
  found.arrived += arrived.length;
  if (good.length !== arrived.length) tell("not as many were answered as arrived");
}

/** What has come of a case since it was last asked for. */
function recordsOf({ asks }: Case, { recorder }: Way): string[] {
  const ids = asks.flatMap(({ id }) => [id, `${id}-hidden`]);
  return ids.flatMap((id) => recorder.take(id).map((record) => `${id}: ${record}`));
}

/** What a reader takes from a case that was given up too soon, since the machine was busy. */
async function readPatiently(way: Way, each: Case): Promise<string[]> {
  await send(way.port, each, LONGER_PATIENCE_MS);
  return recordsOf(each, way);
}
