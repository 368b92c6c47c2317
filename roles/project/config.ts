/** What the project server reads from the environment of its pod. */

import { tmpdir } from "node:os";
import { z } from "zod";
import { flag, port, setting } from "../../src/core/config.ts";
import { siteConfig } from "../../src/net/visitor/site.ts";
import { HUB_KEYS_VARIABLE } from "../../src/protocol/assertion.ts";
import { uuid } from "../../src/protocol/common.ts";
import { serverTable } from "./web-servers/server-table.ts";

/** JSON in base64, as a pod's template carries it; absent is {}. */
function base64Json<T extends z.ZodType>(schema: T) {
  return z
    .string()
    .default("e30=")
    .transform((text, context) => {
      try {
        return JSON.parse(Buffer.from(text, "base64").toString("utf8")) as unknown;
      } catch {
        context.addIssue({ code: "custom", message: "must be JSON in base64" });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

const folder = () => z.string().startsWith("/", "must be an absolute path");
const environmentNames = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.coerce.string());

export const projectConfig = z.object({
  projectId: setting("COCALC_PROJECT_ID", uuid, "The project whose server this is."),
  basePath: siteConfig.shape.basePath,
  home: setting("HOME", folder(), "The project's home folder."),
  ext: setting("EXT", folder().default("/ext"), "The folder that paths below /ext mean: shared software, read-only."),
  data: setting("DATA", folder().default("/data"), "The folder that paths below /data mean: data of other places."),
  tmp: setting("TMPDIR", folder().default(tmpdir()), "The folder that paths below /tmp mean."),
  podIp: setting(
    "COCALC_POD_IP",
    z.union([z.ipv4(), z.ipv6()]).optional(),
    "Address to listen on. Absent: that of HOST.",
  ),
  port: setting("PORT", port().default(6001), "Port to listen on."),
  hubKeys: setting(
    HUB_KEYS_VARIABLE,
    z.string(),
    "JWK set with the public keys of the hubs: who has no assertion signed by one of them is refused.",
  ),
  extraEnv: setting(
    "COCALC_EXTRA_ENV",
    base64Json(environmentNames),
    "The project's own environment variables, as JSON in base64: for its terminals and programs.",
  ),
  projectConfig: setting(
    "COCALC_PROJECT_CONFIG",
    base64Json(z.looseObject({})),
    "The project's configuration with its quota, as JSON in base64.",
  ),
  shell: setting("COCALC_SHELL", z.string().default("bash"), "The program of a terminal; it is given -l."),
  namedServers: setting(
    "COCALC_NAMED_SERVERS",
    serverTable,
    "Servers that are reached by name and started when somebody asks for one, beside or in place of the built-in ones, as JSON: name → {title, command, program?, port?, env?, startSeconds?, below?}, or null.",
  ),
  rescue: setting(
    "COCALC_RESCUE",
    flag().default(false),
    "Rescue mode: files and terminals only, and nothing of the home is executed.",
  ),
  cgroups: setting(
    "COCALC_CGROUPS",
    folder().optional(),
    "The folder that tells what the container uses, in files as a control group's. Absent: /sys/fs/cgroup in a cluster, and none elsewhere.",
  ),
  inCluster: setting(
    "KUBERNETES_SERVICE_HOST",
    z.string().optional(),
    "Set by Kubernetes: then the whole container is the project's, and its cgroup says what it uses.",
  ),
});

export type ProjectConfig = z.infer<typeof projectConfig>;
