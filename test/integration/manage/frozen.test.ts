/** A manage role whose process is frozen (SIGSTOP, a stalled machine) while projects start: the replica leads, and what thaws does no harm. */

import { expect, test } from "@jest/globals";
import type { RoleName } from "../../../roles/names.ts";
import type { Life } from "../../../src/core/life.ts";
import { startCli } from "../../helpers/cli.ts";
import { testLives } from "../../helpers/life.ts";
import { until } from "../../helpers/until.ts";
import { World } from "./world.ts";

const newLife = testLives();

/** One replica of a role as a process of its own. */
function startReplica(life: Life, world: World, role: RoleName) {
  const env = { ...world.env, COCALC_LEADER_SILENCE_SECONDS: "3", COCALC_MANAGE_SWEEP_SECONDS: "1" };
  return startCli(life, [`--role=${role}`], env);
}

test.each(["manage-action", "manage-state", "manage-idle"] as const)(
  "%s goes on with starts while its leader is frozen, and a leader that thaws leads no more",
  async (role) => {
    const life = newLife();
    const world = await World.open(life, { script: "exec sleep 600" });
    const epoch = async () =>
      (await world.db.query<{ epoch: number }>("SELECT epoch FROM leaders WHERE name = $1", [role]))[0]?.epoch;
    for (const other of ["manage-action", "manage-state"] as const)
      if (other !== role) await world.startRoles(life.child(other), [other]);
    const leader = startReplica(life, world, role);
    await until(async () => (await epoch()) === 1, { timeoutMs: 40_000 });
    startReplica(life, world, role);
    const begun = await world.createProject();
    await world.ask(begun, "start");
    leader.child.kill("SIGSTOP");
    life.defer("thaw", () => void leader.child.kill("SIGCONT"));
    await until(async () => (await epoch()) === 2, { timeoutMs: 40_000 });
    const asked = await world.createProject();
    await world.ask(asked, "start");
    for (const projectId of [begun, asked]) {
      await world.untilState(projectId, "running");
      expect((await world.untilFinished(projectId)).err).toBeUndefined();
    }
    leader.child.kill("SIGCONT");
    await until(() => leader.output().stderr.includes("no longer leads"), { what: "the frozen one has noticed" });
    expect(await epoch()).toBe(2);
    expect((await world.allPods()).length).toBe(2);
  },
  300_000,
);
