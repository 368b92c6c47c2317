/** The OpenAPI document of `/api/v2`, made from the table of endpoints. */

import { z } from "zod";
import { apiError, type Endpoint, type EndpointKeys } from "../../../src/protocol/api-v2.ts";
import { endpoints } from "../../../src/protocol/api-v2-table.ts";
import { may, projectRole } from "../../../src/protocol/project-rights.ts";

const WHO: Record<Exclude<Endpoint["access"], "project">, string> = {
  anyone: "Anybody may call.",
  account: "For somebody signed in.",
  admin: "For administrators of the site.",
};

const KEYS: Record<EndpointKeys, string> = {
  none: " Not with an API key.",
  account: " Not with a project's API key.",
  project: " A key of that project will do.",
};

/** The whole document, without the address of a server. */
export function openApi(): Record<string, unknown> {
  const paths = Object.entries(endpoints).map(([path, endpoint]) => [
    `/api/v2/${path}`,
    { post: operation(path, endpoint) },
  ]);
  return {
    openapi: "3.1.0",
    info: {
      title: "cocalc-k8s",
      version: "2",
      description:
        "POST a JSON object. The status is 200 also for errors: an answer with `error` is one. Prove who you are by the session cookie, or by an API key as `Authorization: Bearer <key>` or as the user name of Basic.",
    },
    paths: Object.fromEntries(paths),
    components: {
      schemas: { Error: schemaOf(apiError, "output") },
      securitySchemes: {
        cookie: { type: "apiKey", in: "cookie", name: "remember_me" },
        bearer: { type: "http", scheme: "bearer" },
        basic: { type: "http", scheme: "basic" },
      },
    },
  };
}

function whoMay(endpoint: Endpoint): string {
  if (endpoint.access !== "project") return WHO[endpoint.access];
  const roles = projectRole.options.filter((role) => may(role, endpoint.need));
  return `For whoever is this in the project: ${roles.join(", ")}.`;
}

function operation(path: string, endpoint: Endpoint): Record<string, unknown> {
  const { access, summary, input, output, keys = "account" } = endpoint;
  const isOpen = access === "anyone";
  return {
    operationId: path.replaceAll(/[/-]+(\w)/g, (_, letter: string) => letter.toUpperCase()),
    tags: [path.split("/")[0]],
    summary,
    description: isOpen ? whoMay(endpoint) : whoMay(endpoint) + KEYS[keys],
    security: isOpen ? [] : keys === "none" ? [{ cookie: [] }] : [{ cookie: [] }, { bearer: [] }, { basic: [] }],
    requestBody: { required: true, content: { "application/json": { schema: schemaOf(input, "input") } } },
    responses: {
      "200": {
        description: "The answer, or an error.",
        content: {
          "application/json": {
            schema: { oneOf: [schemaOf(output, "output"), { $ref: "#/components/schemas/Error" }] },
          },
        },
      },
    },
  };
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): Record<string, unknown> {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return json;
}
