/** hub-websocket with 5,000 idle connections: memory of each, and how long one change takes to reach all. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Life } from "../../src/core/life.ts";
import { memoryOf, startBuiltRole } from "./processes.ts";
import { type Benchmark, type Figure, ms, quantile } from "./report.ts";
import type { ClientsOrder, ClientsReport } from "./socket-clients.ts";
import { createPerson, createRunningProject, openWorld } from "./world.ts";

const PEOPLE = 100;
const SOCKETS_EACH = 50;

export function benchmark(life: Life): Benchmark {
  return {
    name: "sockets",
    async run() {
      const { db, env } = await openWorld(life);
      const people = await Promise.all(
        Array.from({ length: PEOPLE }, (_, index) => createPerson(db, `person${index}`)),
      );
      const projectId = await createRunningProject(db, { owner: people[0]?.accountId ?? "", ip: "127.0.0.1" });
      const users = Object.fromEntries(people.map(({ accountId }) => [accountId, { group: "collaborator" }]));
      await db.execute("UPDATE projects SET users = users || $2 WHERE project_id = $1", [
        projectId,
        JSON.stringify(users),
      ]);
      const hub = await startBuiltRole(life, "hub-websocket", { env });
      const before = await memoryOf(hub.pid);
      const clients = startClients(life);
      clients.send({
        url: `http://127.0.0.1:${hub.port}`,
        cookies: people.map(({ cookie }) => cookie),
        socketsPerCookie: SOCKETS_EACH,
        projectId,
      } satisfies ClientsOrder);
      await report(clients);
      const after = await memoryOf(hub.pid);
      const heard = report(clients);
      const changedAt = performance.timeOrigin + performance.now();
      await db.execute("UPDATE projects SET title = 'changed' WHERE project_id = $1", [projectId]);
      const heardAt = await heard;
      return figures(after - before, "heardAt" in heardAt ? heardAt.heardAt.map((at) => at - changedAt) : []);
    },
  };
}

function startClients(life: Life): ChildProcess {
  const child = fork(fileURLToPath(new URL("./socket-clients.ts", import.meta.url)));
  life.defer("clients", async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  return child;
}

async function report(child: ChildProcess): Promise<ClientsReport> {
  const [message] = await once(child, "message");
  return message as ClientsReport; // our own program, in this folder
}

function figures(memory: number, delays: number[]): Figure[] {
  const count = PEOPLE * SOCKETS_EACH;
  return [
    {
      what: `hub-websocket: memory of an idle connection at ${count}`,
      measured: `${(memory / count / 1_000).toFixed(1)} KB`,
      how: "growth of RSS, divided; one process, websocket transport, every socket signed in",
    },
    {
      what: `hub-websocket: one change of a project to ${count} members' sockets`,
      measured: `p50 ${ms(quantile(delays, 0.5))}, last ${ms(Math.max(...delays))}`,
      how: "from before the UPDATE to the event in the clients, which share the machine",
    },
  ];
}
