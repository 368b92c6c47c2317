/** The way to projects' servers before one project, whose server a test chooses. */

import { readConfig } from "../../../src/core/config.ts";
import type { Life } from "../../../src/core/life.ts";
import type { Db } from "../../../src/db/db.ts";
import { projectServersConfig } from "../../../src/domain/project-servers/config.ts";
import { openProjectServers } from "../../../src/domain/project-servers/project-servers.ts";
import { publicKeys } from "../../../src/domain/signing-keys/signing-keys.ts";
import { newPerson, newProject, type Person } from "../../helpers/people.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { startProjectServer, testHub } from "../../helpers/project-server.ts";

export async function openAskers(life: Life, db: Db, port: number) {
  return openProjectServers(life, db, readConfig(projectServersConfig, { COCALC_PROJECT_PORT: String(port) }));
}

/** A project that runs on this machine, by a server of its own which knows the keys of this database. */
export async function openProject(life: Life) {
  const db = await openTestDb(life);
  const owner: Person = await newPerson(db);
  const projectId = await newProject(db, [[owner, "owner"]], { ip: "127.0.0.1" });
  const hub = { ...(await testHub()), publicKeys: JSON.stringify(await publicKeys(db)) };
  const server = await startProjectServer(life, { projectId, hub });
  return { db, owner, projectId, server, port: Number(new URL(server.origin).port) };
}
