/** Environment variables as lines of text, and back. Pure. */

import { variableName, variablesTooLarge } from "../../protocol/project-variables.ts";

/** One line `NAME=value` each. */
export function formatVariables(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}`)
    .join("\n");
}

/** Reads lines; empty ones are left out. `problem` says what is wrong with the first wrong line, or with all together. */
export function parseVariables(text: string): { variables: Record<string, string>; problem?: string } {
  const variables: Record<string, string> = {};
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const equals = line.indexOf("=");
    const name = (equals < 0 ? line : line.slice(0, equals)).trim();
    if (equals < 0) return { variables, problem: `Line ${index + 1} has no “=”: write ${name}=value.` };
    if (!variableName.safeParse(name).success)
      return {
        variables,
        problem: `Line ${index + 1}: “${name}” cannot be a variable's name; use letters, digits and _.`,
      };
    variables[name] = line.slice(equals + 1);
  }
  const problem = variablesTooLarge(variables);
  return { variables, ...(problem !== undefined && { problem }) };
}
