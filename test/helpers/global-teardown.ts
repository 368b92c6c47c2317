/** Stops what the global set-up started. */

import { endInTime } from "./end-in-time.ts";

export default async function tearDown(): Promise<void> {
  const errors = (await globalThis.cocalcTestLife?.stop({ deadlineMs: 20_000 })) ?? [];
  endInTime();
  if (errors.length > 0) throw new AggregateError(errors, "the test server did not stop well");
}
