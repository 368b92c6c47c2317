/** Configuration from the environment: one zod object per role, each field naming its variable; all problems at once. */

import { z } from "zod";
import type { Environment } from "./env.ts";
import { AppError } from "./errors.ts";
import { isHostName } from "./host-name.ts";

interface SettingMeta {
  env: string;
  secret: boolean;
}

/** Facts about one variable, as `config` prints them. */
export interface SettingDescription {
  env: string;
  type: string;
  default: string;
  meaning: string;
}

/** The shape of a role's configuration: an object of settings made by `setting`. */
export type ConfigSchema = z.ZodObject<z.ZodRawShape>;

/** Ties a schema to its environment variable and says what it means. */
export function setting<T extends z.ZodType>(env: string, schema: T, meaning: string, { secret = false } = {}): T {
  return schema.meta({ ...({ env, secret } satisfies SettingMeta), description: meaning });
}

/** Whole number from text. */
export const wholeNumber = () => z.coerce.number().int();
/** Number of a TCP port; 0 lets the system choose. */
export const port = () => z.coerce.number().int().min(0).max(65_535);
/** Name or address of a machine to reach or to listen on. */
export const hostName = () =>
  z.string().refine(isHostName, "must be a host name such as example.org, or an address, without scheme and port");
/** yes/no/true/false/1/0 from text. */
export const flag = () => z.stringbool();

/**
 * Reads a configuration. An empty variable counts as absent.
 * @throws AppError `invalid` that names every wrong variable, never its value.
 */
export function readConfig<S extends ConfigSchema>(schema: S, env: Environment): z.infer<S> {
  const raw: Record<string, string> = {};
  const names = new Map<string, string>();
  for (const [key, field] of Object.entries(schema.shape)) {
    const name = metaOf(field, key).env;
    names.set(key, name);
    const value = env[name];
    if (value !== undefined && value !== "") raw[key] = value;
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const key = String(issue.path[0] ?? "");
    return `${names.get(key) ?? key}: ${inWords(issue)}`;
  });
  throw new AppError("invalid", `The configuration is not usable:\n  ${problems.join("\n  ")}`);
}

/** What a value has to be, as a sentence goes on after the name of its variable. */
function inWords(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected === "number"
        ? "must be a number"
        : issue.expected === "int"
          ? "must be a whole number"
          : issue.message;
    case "too_big":
      return issue.origin === "number" ? `must be at most ${issue.maximum}` : issue.message;
    case "too_small":
      return issue.origin === "number" ? `must be at least ${issue.minimum}` : issue.message;
    case "invalid_value":
      return `must be one of ${issue.values.join(", ")}`;
    default:
      return issue.message;
  }
}

/** Every variable that a schema reads, in its order. */
export function describeConfig(schema: ConfigSchema): SettingDescription[] {
  return Object.entries(schema.shape).map(([key, field]) => {
    const { env, secret } = metaOf(field, key);
    const json = z.toJSONSchema(field as z.ZodType, { io: "input", unrepresentable: "any" }); // a shape holds zod types
    const standard = typeof json.default === "object" ? JSON.stringify(json.default) : String(json.default ?? "");
    return {
      env,
      type: Array.isArray(json.enum) ? json.enum.join(" | ") : String(json.type ?? "string"),
      default: secret ? "" : standard,
      meaning: json.description ?? "",
    };
  });
}

function metaOf(field: unknown, key: string): SettingMeta {
  const meta = (field as z.ZodType).meta(); // a shape holds zod types
  if (typeof meta?.env !== "string") throw new Error(`the configuration field ${key} names no environment variable`);
  return { env: meta.env, secret: meta.secret === true };
}
