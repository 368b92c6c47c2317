/** The doctor's check of the servers of projects that run: some are asked, as a hub would ask them. */

import { messageOf } from "../../core/errors.ts";
import type { Life } from "../../core/life.ts";
import type { Db } from "../../db/db.ts";
import { projectStatus } from "../../protocol/project-status.ts";
import { onNobodysBehalf } from "../project-servers/assertions.ts";
import type { ProjectServersConfig } from "../project-servers/config.ts";
import { openProjectServers, type ProjectServers } from "../project-servers/project-servers.ts";
import { type Checked, check, well, wrong } from "./check.ts";

const MOST_ASKED = 20;
const MOST_TOLD = 3;

export function checkProjectServers(life: Life, db: Db, config: ProjectServersConfig): Promise<Checked> {
  return check("servers of projects", "see that the database answers queries", async () => {
    const running = await someThatRun(db);
    if (running.length === 0) return well("no project runs now");
    const servers = await openProjectServers(life, db, config);
    const troubles = (await Promise.all(running.map((id) => troubleWith(servers, id)))).filter(
      (one) => one !== undefined,
    );
    if (troubles.length === 0) return well(`${running.length} that run were asked, and answered`);
    const told = troubles.slice(0, MOST_TOLD).join(" · ");
    const fix =
      troubles.length === running.length
        ? `let the hubs, and whoever runs this, reach port ${config.projectPort} of projects' pods (network policies, firewalls)`
        : "look at the logs of these projects' pods, and restart them";
    return wrong(`${troubles.length} of ${running.length} that run do not answer: ${told}`, fix);
  });
}

async function someThatRun(db: Db): Promise<string[]> {
  const rows = await db.query<{ project_id: string }>(
    "SELECT project_id FROM projects WHERE state ->> 'state' = 'running' LIMIT $1",
    [MOST_ASKED],
  );
  return rows.map(({ project_id }) => project_id);
}

async function troubleWith(servers: ProjectServers, projectId: string): Promise<string | undefined> {
  try {
    await servers.ask(projectId, { as: onNobodysBehalf("doctor"), path: "/api/status", answer: projectStatus });
    return undefined;
  } catch (error) {
    return `${projectId}: ${messageOf(error)}`;
  }
}
