import { expect, test } from "@jest/globals";
import { z } from "zod";
import { describeConfig, flag, port, readConfig, setting } from "./config.ts";

const schema = z.object({
  port: setting("PORT", port().default(5000), "Where to listen."),
  verbose: setting("VERBOSE", flag().default(false), "Say more."),
  password: setting("PGPASSWORD", z.string().min(8).optional(), "The password.", { secret: true }),
});

test("reads variables by the names that the schema gives, and counts an empty one as absent", () => {
  expect(readConfig(schema, { PORT: "8080", VERBOSE: "yes" })).toEqual({ port: 8080, verbose: true });
  expect(readConfig(schema, { PORT: "" })).toEqual({ port: 5000, verbose: false });
});

test("reports all problems at once, by variable, and never a value", () => {
  const read = () => readConfig(schema, { PORT: "99999", VERBOSE: "maybe", PGPASSWORD: "s3cret" });
  expect(read).toThrow(/PORT:[\s\S]*VERBOSE:[\s\S]*PGPASSWORD:/);
  expect(read).not.toThrow(/s3cret/);
});

test("says what a value has to be, as the sentence of its variable goes on", () => {
  const said = (env: Record<string, string>) => () => readConfig(schema, env);
  expect(said({ PORT: "99999" })).toThrow("PORT: must be at most 65535");
  expect(said({ PORT: "-1" })).toThrow("PORT: must be at least 0");
  expect(said({ PORT: "1.5" })).toThrow("PORT: must be a whole number");
  expect(said({ PORT: "x" })).toThrow("PORT: must be a number");
  expect(said({ VERBOSE: "maybe" })).toThrow(/VERBOSE: must be one of true, 1, yes/);
});

test("describes every variable", () => {
  expect(describeConfig(schema)[0]).toEqual({
    env: "PORT",
    type: "integer",
    default: "5000",
    meaning: "Where to listen.",
  });
  expect(describeConfig(schema).map(({ env }) => env)).toEqual(["PORT", "VERBOSE", "PGPASSWORD"]);
});

test("a field that names no variable is a bug that is told", () => {
  expect(() => readConfig(z.object({ loose: z.string() }), {})).toThrow("names no environment variable");
});
