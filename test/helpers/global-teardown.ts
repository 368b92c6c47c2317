/** Stops what the global set-up started. */

export default async function tearDown(): Promise<void> {
  const errors = (await globalThis.cocalcTestLife?.stop({ deadlineMs: 20_000 })) ?? [];
  if (errors.length > 0) throw new AggregateError(errors, "the test server did not stop well");
}
