/** Columns and JSON of which nobody knows what they hold. */

/** The value, if it is an object with keys; an array is none. */
export function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>) // just looked at
    : undefined;
}
