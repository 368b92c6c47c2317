/** Faults of the network to a real API server, from a second to a minute long: the client that every role keeps outlives each of them. */
import { afterAll, expect, test } from "@jest/globals";
import { Life } from "../../src/core/life.ts";
import { faultsOf } from "../faults/fault.ts";
import { outliveKubeFault } from "../faults/kube.ts";
import { openTestApi, openTestKube } from "../helpers/kube.ts";
import { testLives } from "../helpers/life.ts";
import { faultKinds } from "../helpers/tcp-proxy.ts";

/** Faults of each kind, as long as these at least: one that is short, one that idle connections survive, one that the kernel's keep-alive sees. */
const AT_LEAST_MS = [1_000, 10_000, 30_000];

const newLife = testLives();
const serverLife = new Life("API server");
const api = await openTestApi(serverLife);
const direct = await openTestKube(serverLife, api);
afterAll(async () => {
  expect(await serverLife.stop()).toEqual([]);
});

test("clients of the API server go on after every kind of fault, each of 1 to 60 s", async () => {
  const faults = AT_LEAST_MS.flatMap((least, at) => faultsOf([least, 2 * least], at * faultKinds.length));
  await Promise.all(faults.map((fault) => outliveKubeFault(newLife(), { api, direct }, fault)));
});
