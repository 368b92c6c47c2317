/** One fault on the way to a project's server: who asks gets an answer or words within the deadline, and afterwards it works again. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "@jest/globals";
import { z } from "zod";
import { isAppError, messageOf } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import { onNobodysBehalf } from "../../src/domain/project-servers/assertions.ts";
import type { ProjectServers } from "../../src/domain/project-servers/project-servers.ts";
import { projectStatus } from "../../src/protocol/project-status.ts";
import { openTcpProxy, seeded } from "../helpers/tcp-proxy.ts";
import { until } from "../helpers/until.ts";
import { openAskers, type openProject } from "../integration/project-servers/site.ts";
import { askEveryMs, askOn, befall, deadlineMs, type Fault, PATIENCE_MS } from "./fault.ts";

const as = onNobodysBehalf("faults");
/** Beyond its deadline nobody waits; a busy machine takes its time to say so. */
const LATEST_MS = 30_000;
const LARGE = "0123456789abcdef".repeat(60_000);

/** What is read of a file with a JSON text of nearly the longest answer that is taken. */
const large = { as, path: "/api/files/read?path=large", answer: z.string() };
const status = { as, path: "/api/status", answer: projectStatus };

interface Asked {
  answered: number;
  words: Set<string>;
  /** What was no answer and no words. */
  wrong: unknown[];
}

/** Asks all the while, for little and for much. */
function askAll(life: Life, { servers, projectId }: { servers: ProjectServers; projectId: string }, fault: Fault) {
  const asked: Asked = { answered: 0, words: new Set(), wrong: [] };
  const keep = (ask: (signal: AbortSignal) => Promise<unknown>) => (signal: AbortSignal) =>
    askOn(signal, askEveryMs(fault), async () => {
      const late = setTimeout(() => asked.wrong.push("nothing within the deadline"), LATEST_MS);
      try {
        await ask(signal);
        asked.answered += 1;
      } catch (error) {
        if (signal.aborted) return;
        if (isAppError(error)) asked.words.add(messageOf(error));
        else asked.wrong.push(error);
      } finally {
        clearTimeout(late);
      }
    });
  const limits = { deadlineMs: deadlineMs(fault) };
  life.run(
    "asker",
    keep((signal) => servers.ask(projectId, { ...status, ...limits, signal })),
  );
  life.run(
    "reader",
    keep((signal) => servers.ask(projectId, { ...large, ...limits, signal })),
  );
  return asked;
}

/** What has to be said during such a fault. */
const WORDS: Partial<Record<Fault["kind"], RegExp>> = {
  freeze: /not answered within [\d.]+ s/,
  refusal: /Nothing listens/,
};

/** Asks the server of a project through the fault; several may do so at a time. */
export async function outliveProjectServerFault(
  life: Life,
  { db, projectId, server, port }: Awaited<ReturnType<typeof openProject>>,
  fault: Fault,
): Promise<void> {
  await writeFile(join(server.home, "large"), JSON.stringify(LARGE));
  const faulty = await openTcpProxy(life, { host: "127.0.0.1", port });
  const servers = await openAskers(life, db, faulty.port);
  const askers = life.child("askers");
  const asked = askAll(askers, { servers, projectId }, fault);
  await until(() => asked.answered > 4, { timeoutMs: PATIENCE_MS });
  const expected = WORDS[fault.kind];
  const isEnough = () => expected === undefined || [...asked.words].some((words) => expected.test(words));
  await befall(faulty, fault, { random: seeded(fault.seed), isEnough });
  const before = asked.answered;
  await until(() => asked.answered > before + 4, { timeoutMs: PATIENCE_MS, what: "it is asked again" });
  expect(await askers.stop()).toEqual([]);
  expect(await servers.ask(projectId, { ...large, deadlineMs: LATEST_MS })).toBe(LARGE);
  expect(asked.wrong).toEqual([]);
  await until(() => faulty.open === 0); // no connection is kept
}
