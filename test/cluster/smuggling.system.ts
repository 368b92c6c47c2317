/** 50,000 requests whose ends two parsers could see differently, over ways on which strangers share connections: ours, and nginx before hub-proxy. */

import { expect, test } from "@jest/globals";
import { Life } from "../../src/core/life.ts";
import { openWorld } from "../bench/world.ts";
import { type Found, findDifferences } from "../smuggling/differences.ts";
import { openRecorder } from "../smuggling/recorder.ts";
import { openHops, openNginx } from "../smuggling/ways.ts";
import { ensurePackages, FRONT_PACKAGES } from "./packages.ts";

const SEED = 7;
const CASES_OF_A_WAY = 25_000;
const TIMEOUT_MS = 1_500_000;

async function search(way: "ingress" | "nginx"): Promise<Found> {
  const life = new Life(`smuggling by ${way}`);
  try {
    const [alone, end] = [await openRecorder(life), await openRecorder(life)];
    const { db } = await openWorld(life);
    const { ingress, hubProxy, road } = await openHops(life, db, end);
    const [first, through] =
      way === "ingress" ? [alone.port, ingress] : [await openNginx(life, alone.port), await openNginx(life, hubProxy)];
    return await findDifferences({
      alone: { port: first, recorder: alone },
      through: { port: through, recorder: end },
      road,
      seed: SEED,
      cases: CASES_OF_A_WAY,
    });
  } finally {
    await life.stop();
  }
}

test.each(["ingress", "nginx"] as const)(
  `by way of %s, ${CASES_OF_A_WAY} requests arrive as they are read, and each answer names its asker`,
  async (way) => {
    if (way === "nginx") await ensurePackages(FRONT_PACKAGES, () => {});
    const found = await search(way);
    expect(found.differences).toEqual([]);
    expect(found.accepted / found.cases).toBeGreaterThan(0.4);
    expect(found.arrived).toBe(found.answered);
  },
  TIMEOUT_MS,
);
