/** hub-proxy before a stand-in for a pod, with an owner and a stranger: opened before the tests of a file that imports this, closed after. */

import { afterAll, beforeAll, expect } from "@jest/globals";
import { Life } from "../../../src/core/life.ts";
import type { Db } from "../../../src/db/db.ts";
import { newPerson, newProject, type Person } from "../../helpers/people.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { startRole } from "../../helpers/roles.ts";
import { type Pod, type Seen, servePod } from "./pod.ts";
import { ask } from "./wire.ts";

export const life = new Life("hub-proxy");
export const IP = "127.0.0.1";
export let db: Db;
export let pod: Pod;
export let proxy: string;
export let owner: Person;
export let stranger: Person;
export let projectId: string;

beforeAll(async () => {
  db = await openTestDb(life);
  pod = await servePod(life);
  proxy = await startRole(life, "hub-proxy", {
    db,
    env: {
      COCALC_PROJECT_PORT: String(pod.port),
      COCALC_PROXY_MAX_REQUESTS: "20",
      COCALC_PROXY_CONNECT_TIMEOUT_MS: "500",
    },
  });
  owner = await newPerson(db);
  stranger = await newPerson(db);
  projectId = await newProject(db, [[owner, "owner"]], { ip: IP });
});

afterAll(async () => {
  expect(await life.stop()).toEqual([]);
});

export const seen = (text: string) => JSON.parse(text) as Seen;
export const api = (path: string) => `/${projectId}/api/${path}`;
export const get = (path: string, headers: Record<string, string> = {}) =>
  ask(proxy, path, { headers: { Cookie: owner.cookie, ...headers } });
