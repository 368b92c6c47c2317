/** Label and field selectors, from the text of a query to a predicate. Pure. */

import { at } from "./json.ts";
import { badRequest } from "./refusal.ts";
import type { ApiObject, ApiType } from "./types.ts";

export type Predicate = (object: ApiObject) => boolean;

/** @throws Refusal 400 for a selector that cannot be read. */
export function labelPredicate(selector: string | null): Predicate {
  if (selector === null || selector.trim() === "") return () => true;
  const requirements = splitOutsideParentheses(selector).map(labelRequirement);
  return ({ metadata }) => requirements.every((matches) => matches(metadata.labels ?? {}));
}

type Labels = Record<string, string>;

function labelRequirement(text: string): (labels: Labels) => boolean {
  const part = text.trim();
  const set = /^([\w./-]+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part);
  if (set) {
    const [, key = "", operator, list = ""] = set;
    const values = new Set(list.split(",").map((value) => value.trim()));
    if (operator === "in") return (labels) => labels[key] !== undefined && values.has(labels[key]);
    return (labels) => labels[key] === undefined || !values.has(labels[key]);
  }
  const equality = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/.exec(part);
  if (equality) {
    const [, key = "", operator, value = ""] = equality;
    return operator === "!=" ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const presence = /^(!?)\s*([\w./-]+)$/.exec(part);
  if (presence) {
    const [, not, key = ""] = presence;
    return (labels) => (labels[key] === undefined) === (not === "!");
  }
  throw badRequest(`unable to parse requirement: ${JSON.stringify(part)} is no label selector`);
}

function splitOutsideParentheses(selector: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const char of selector) {
    if (char === "(") depth++;
    if (char === ")") depth--;
    if (char === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts;
}

/** @throws Refusal 400 for a selector that cannot be read or a field that this type does not select by. */
export function fieldPredicate(type: ApiType, selector: string | null): Predicate {
  if (selector === null || selector.trim() === "") return () => true;
  const requirements = selector.split(",").map((part) => fieldRequirement(type, part.trim()));
  return (object) => requirements.every((matches) => matches(object));
}

function fieldRequirement(type: ApiType, part: string): Predicate {
  const found = /^([\w.]+)(==|=|!=)(.*)$/.exec(part);
  if (!found) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
  const [, field = "", operator, value = ""] = found;
  const known = ["metadata.name", ...(type.namespaced ? ["metadata.namespace"] : []), ...type.selectable];
  if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`);
  const path = field.split(".");
  const wanted = value.replace(/\\([,=\\])/g, "$1");
  return (object) => (textOf(object, path) === wanted) === (operator !== "!=");
}

function textOf(object: ApiObject, path: string[]): string {
  const value = at(object, ...path);
  if (path.join(".") === "spec.unschedulable") return String(value ?? false);
  if (path.join(".") === "source") return String(at(object, "source", "component") ?? "");
  return value === undefined || value === null ? "" : String(value);
}
