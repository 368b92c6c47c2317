/** What a local instance reads from the environment. */

import { z } from "zod";
import { port, setting } from "../core/config.ts";
import { bytesOf, coresOf } from "../core/quantities.ts";

const amount = (parse: (text: unknown) => number | undefined) =>
  z
    .string()
    .refine((text) => (parse(text) ?? 0) > 0, "must be a quantity such as 2, 500m or 8Gi")
    .transform((text) => parse(text) ?? 0)
    .optional();

export const localConfig = z.object({
  data: setting("COCALC_DATA", z.string().default("data"), "Folder of a local instance: database, files, logs."),
  postgresPort: setting(
    "COCALC_LOCAL_POSTGRES_PORT",
    port().optional(),
    "Port of the embedded PostgreSQL; without it that of last time, or any.",
  ),
  kubernetesPort: setting(
    "COCALC_LOCAL_KUBERNETES_PORT",
    port().default(0),
    "Port of the embedded Kubernetes API; 0: any.",
  ),
  cores: setting("COCALC_LOCAL_CPU", amount(coresOf), "Processors that projects may ask for; without it all."),
  memoryBytes: setting(
    "COCALC_LOCAL_MEMORY",
    amount(bytesOf),
    "Memory that projects may ask for, such as 8Gi; without it nine tenths of the machine's.",
  ),
});

export type LocalConfig = z.infer<typeof localConfig>;
