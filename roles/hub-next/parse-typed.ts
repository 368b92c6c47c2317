/** Values that people type, as their rules give them; what is wrong is told in the words of the rule. */

import { invalid } from "../../src/core/errors.ts";

interface Parser {
  safeParse(
    value: unknown,
  ): { success: true; data: string } | { success: false; error: { issues: { message: string }[] } };
}

/** @throws AppError `invalid` with the first thing that is wrong. */
export function parseTyped(schema: Parser, value: string): string {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(parsed.error.issues[0]?.message ?? "This cannot be used.");
}
