/** Whatever befalls the way to a project's server: who asks gets an answer or words within the deadline, and afterwards it works again. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { z } from "zod";
import { isAppError, messageOf } from "../../../src/core/errors.ts";
import { Life } from "../../../src/core/life.ts";
import { onNobodysBehalf } from "../../../src/domain/project-servers/assertions.ts";
import type { ProjectServers } from "../../../src/domain/project-servers/project-servers.ts";
import { projectStatus } from "../../../src/protocol/project-status.ts";
import { testLives } from "../../helpers/life.ts";
import { type FaultKind, faultKinds, openTcpProxy, seeded } from "../../helpers/tcp-proxy.ts";
import { until } from "../../helpers/until.ts";
import { openAskers, openProject } from "./site.ts";

const newLife = testLives();
const as = onNobodysBehalf("faults");
const DEADLINE_MS = 1_500;
/** Beyond its deadline nobody waits; a busy machine takes its time to say so. */
const LATEST_MS = 30_000;
const LARGE = "0123456789abcdef".repeat(60_000);

/** What is read of a file with a JSON text of nearly the longest answer that is taken. */
const large = { as, path: "/api/files/read?path=large", answer: z.string() };

interface Asked {
  answered: number;
  words: Set<string>;
  /** What was no answer and no words. */
  wrong: unknown[];
}

/** Asks all the while, for little and for much. */
function askAll(life: Life, servers: ProjectServers, projectId: string): Asked {
  const asked: Asked = { answered: 0, words: new Set(), wrong: [] };
  const keep = (ask: (signal: AbortSignal) => Promise<unknown>) => async (signal: AbortSignal) => {
    while (!signal.aborted) {
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
    }
  };
  const status = { as, deadlineMs: DEADLINE_MS, path: "/api/status", answer: projectStatus };
  life.run(
    "asker",
    keep((signal) => servers.ask(projectId, { ...status, signal })),
  );
  life.run(
    "reader",
    keep((signal) => servers.ask(projectId, { ...large, deadlineMs: DEADLINE_MS, signal })),
  );
  return asked;
}

const rounds = faultKinds.map((kind, seed) => [kind, seed] as [FaultKind, number]);

test.each(rounds)(
  "a project's server is asked in time through %s (seed %d), and answers afterwards",
  async (kind, seed) => {
    const life = newLife();
    const random = seeded(seed);
    const { db, projectId, server, port } = await openProject(life);
    await writeFile(join(server.home, "large"), JSON.stringify(LARGE));
    const faulty = await openTcpProxy(life, { host: "127.0.0.1", port });
    const servers = await openAskers(life, db, faulty.port);
    const askers = new Life("askers");
    const asked = askAll(askers, servers, projectId);
    await until(() => asked.answered > 4);
    await faulty.fault(kind, random);
    const endsAt = Date.now() + 1_000 + random() * 2_000;
    await until(() => Date.now() > endsAt);
    if (kind === "freeze")
      await until(() => [...asked.words].some((words) => /not answered within 1\.5 s/.test(words)));
    if (kind === "refusal") await until(() => [...asked.words].some((words) => /Nothing listens/.test(words)));
    await faulty.heal();
    const before = asked.answered;
    await until(() => asked.answered > before + 4);
    expect(await askers.stop()).toEqual([]);
    expect(await servers.ask(projectId, { ...large, deadlineMs: LATEST_MS })).toBe(LARGE);
    expect(asked.wrong).toEqual([]);
    await until(() => faulty.open === 0); // no connection is kept
  },
);
