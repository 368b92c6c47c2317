/** The cluster that the tests run on, as the run that started them describes it in the environment. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { environment } from "../../src/core/env.ts";
import type { Site } from "./deploy/site.ts";

/** What `run.ts` tells the tests, as JSON in this variable. */
export const TARGET_VARIABLE = "TEST_SYSTEM_TARGET";

const targetSchema = z.object({
  kubeconfig: z.string(),
  /** The name of the cluster on this machine; absent on a cluster that was given to us. */
  cluster: z.string().optional(),
  site: z.object({
    namespace: z.string(),
    images: z.object({ service: z.string(), project: z.string(), postgres: z.string() }),
    password: z.string(),
    storage: z.union([z.object({ folder: z.string() }), z.object({ className: z.string() })]),
    servicesNode: z.string().optional(),
    addresses: z.record(z.string(), z.string()).optional(),
  }),
  /** Origin of the ingress, and host and port of the database, as the tests reach them. */
  origin: z.string(),
  database: z.object({ host: z.string(), port: z.int() }),
});
export type Target = Omit<z.infer<typeof targetSchema>, "site"> & { site: Site };

/** What the run says; throws where the tests were started without it. */
export function readTarget(): Target {
  const text = environment()[TARGET_VARIABLE];
  if (text === undefined) {
    throw new Error("These tests are started by `npm run test:system`, which brings a cluster and the product on it.");
  }
  return targetSchema.parse(JSON.parse(text)) as Target; // optional fields are absent, never undefined: it was JSON
}

/** A password that nobody knows in advance. */
export function newPassword(): string {
  return randomBytes(18).toString("base64url");
}
