/** Servers that people reach by name, and how each is started; an administrator changes the table by COCALC_NAMED_SERVERS. Pure. */

import { z } from "zod";
import { serverName } from "../../../src/protocol/project-server.ts";

/** In commands and environments `{ip}`, `{port}`, `{base}` (`<base path>/<project_id>`), `{home}` and `{user}` are filled in. */
const definition = z.object({
  /** How people call it. */
  title: z.string().min(1).max(100),
  command: z.array(z.string().min(1)).min(1).max(100),
  /** The program without which there is nothing to start; absent: the command's first word. */
  program: z.string().min(1).optional(),
  port: z.number().int().min(1).max(65_535),
  env: z.record(z.string(), z.string()).default({}),
  /** Longest time until it listens. */
  startSeconds: z.number().int().min(1).max(600).default(60),
});
export type ServerDefinition = z.output<typeof definition>;
export type ServerTable = Readonly<Record<string, ServerDefinition>>;

const jupyter = (name: string) => [
  "--no-browser",
  "--ServerApp.ip={ip}",
  "--ServerApp.port={port}",
  "--ServerApp.port_retries=0",
  `--ServerApp.base_url={base}/port/${name}/`,
  "--ServerApp.root_dir={home}",
  "--ServerApp.allow_remote_access=True",
  "--IdentityProvider.token=", // only members get to it
];

/** RStudio's server has to be told where it may write when it does not run as root. */
const RSERVER = `
folder={home}/.cocalc/rserver
mkdir -p "$folder"
printf 'provider=sqlite\\ndirectory=%s\\n' "$folder" > "$folder/database.conf"
exec rserver --server-daemonize=0 --server-user={user} --server-data-dir="$folder" --database-config-file="$folder/database.conf" \\
  --secure-cookie-key-file="$folder/secure-cookie-key" --auth-none=1 --www-address={ip} --www-port={port} --www-root-path={base}/server/rserver`;

const PLUTO =
  'import Pluto; Pluto.run(host="{ip}", port={port}, base_url="{base}/port/pluto/", launch_browser=false, ' +
  "require_secret_for_access=false, require_secret_for_open_links=false)";

/** Ports are those on which these programs listen by custom; Jupyter and Pluto are reached below `port`, the others below `server`. */
const BUILT_IN: Record<string, z.input<typeof definition>> = {
  jupyter: { title: "Jupyter Notebook", command: ["jupyter-notebook", ...jupyter("jupyter")], port: 8888 },
  jupyterlab: { title: "JupyterLab", command: ["jupyter-lab", ...jupyter("jupyterlab")], port: 8889 },
  code: {
    title: "VS Code",
    command: ["code-server", "--bind-addr={ip}:{port}", "--auth=none", "--disable-telemetry", "{home}"],
    port: 8080,
  },
  pluto: { title: "Pluto", command: ["julia", "-e", PLUTO], port: 1234, startSeconds: 180 },
  rserver: { title: "RStudio", command: ["bash", "-c", RSERVER], program: "rserver", port: 8787 },
};

const changes = z.record(serverName, definition.nullable());

/** The built-in table with an administrator's changes, given as JSON; null takes a server away. */
export const serverTable = z
  .string()
  .default("{}")
  .transform((text, context): ServerTable => {
    try {
      const all = { ...BUILT_IN, ...changes.parse(JSON.parse(text)) };
      const left = Object.entries(all).filter(([, value]) => value !== null);
      return Object.fromEntries(left.map(([name, value]) => [name, definition.parse(value)]));
    } catch {
      const example = '{"lab":{"title":"Lab","command":["lab","--port={port}"],"port":5000},"pluto":null}';
      context.addIssue({ code: "custom", message: `must be JSON such as ${example}` });
      return z.NEVER;
    }
  });
