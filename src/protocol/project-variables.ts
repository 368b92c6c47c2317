/** A project's environment variables: what they may be called, and how much of them a process can be given. Pure. */

import { z } from "zod";

/** What a shell takes for a variable's name. */
export const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "must be a name of an environment variable");

/**
 * Most bytes of all variables together, as JSON: they come to the pod in one variable, as base64 of that, and Linux takes no string of
 * 131,072 bytes or more into an environment (MAX_ARG_STRLEN). The rest is for the variable's own name and what a template puts around it.
 */
export const MAX_VARIABLES_BYTES = 97_000;

/** Those of a row that are given to a process: names that a shell takes, and values that are text or can be written as such. */
export function givenVariables(env: Readonly<Record<string, unknown>>): Record<string, string> {
  const given = Object.entries(env).filter(([name, value]) => variableName.safeParse(name).success && isScalar(value));
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}

/** In words that the variables take too much room, and what to do; undefined: they fit. */
export function variablesTooLarge(env: Readonly<Record<string, unknown>>): string | undefined {
  const bytes = new TextEncoder().encode(JSON.stringify(givenVariables(env))).length;
  if (bytes <= MAX_VARIABLES_BYTES) return undefined;
  const count = (number: number) => number.toLocaleString("en");
  return (
    `The project's environment variables take ${count(bytes)} bytes together, and at most ${count(MAX_VARIABLES_BYTES)} can be given to a program. ` +
    "Shorten them in the project's settings, or put large values into a file."
  );
}

/** What a request may set. */
export const projectVariables = z
  .record(
    variableName,
    z
      .string()
      .max(10_000)
      .regex(/^[^\0]*$/, "must not hold the character NUL"),
  )
  .refine((env) => Object.keys(env).length <= 200, "must be at most 200 variables")
  .superRefine((env, context) => {
    const words = variablesTooLarge(env);
    if (words !== undefined) context.addIssue({ code: "custom", message: words });
  });

function isScalar(value: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}
