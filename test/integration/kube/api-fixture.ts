/** An API server, and a client of it that no fault touches: opened before the tests of a file that imports this, closed after. */

import { afterAll, beforeAll, expect } from "@jest/globals";
import { Life } from "../../../src/core/life.ts";
import type { Kube } from "../../../src/kube/types.ts";
import type { ContractTarget } from "../../contract/target.ts";
import { openTestApi, openTestKube } from "../../helpers/kube.ts";

const serverLife = new Life("API server");
export let api: ContractTarget;
export let direct: Kube;

beforeAll(async () => {
  api = await openTestApi(serverLife);
  direct = await openTestKube(serverLife, api);
}, 300_000);

afterAll(async () => {
  expect(await serverLife.stop()).toEqual([]);
});
