/**
 * Starts one PostgreSQL server for a whole run of jest, and unpacks the browser: files of tests that did so at once would start one that another
 * still writes.
 */

import chromium from "@sparticuz/chromium";
import { Life } from "../../src/core/life.ts";
import { startTestServer } from "./test-server.ts";

declare global {
  var cocalcTestLife: Life | undefined;
}

export default async function setUp(): Promise<void> {
  const life = new Life("tests");
  globalThis.cocalcTestLife = life;
  await startTestServer(life);
  await chromium.executablePath();
}
