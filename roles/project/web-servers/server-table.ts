/** Servers that people reach by name, and how each is started; an administrator changes the table by COCALC_NAMED_SERVERS. Pure. */

import { z } from "zod";
import { serverName } from "../../../src/protocol/project-web-servers.ts";

/** Stands for the Unix socket on which a server listens. */
export const SOCKET = "{socket}";

/**
 * In commands and environments `{socket}`, `{ip}`, `{port}`, `{base}` (`<base path>/<project_id>`), `{home}`, `{user}` and `{path}` (PATH) are
 * filled in. A server whose command names `{socket}` listens there, the others on `{ip}`, an address that only this machine reaches: the project's
 * own server stands before both.
 */
const definition = z.object({
  /** How people call it. */
  title: z.string().min(1).max(100),
  command: z.array(z.string().min(1)).min(1).max(100),
  /** The program without which there is nothing to start; absent: the command's first word. */
  program: z.string().min(1).optional(),
  /** Absent: any that is free. Where one is given, a server that somebody started there by hand is taken as it is. */
  port: z.number().int().min(1).max(65_535).optional(),
  env: z.record(z.string(), z.string()).default({}),
  /** Longest time until it listens. */
  startSeconds: z.number().int().min(1).max(600).default(60),
  /** Where people go: below `port` it is asked for the path as it stands, below `server` for what follows its name. */
  below: z.enum(["port", "server"]).default("server"),
});
export type ServerDefinition = z.output<typeof definition>;
export type ServerTable = Readonly<Record<string, ServerDefinition>>;

/** Before version 2 of its server, Jupyter's token is no matter of the class IdentityProvider; the Notebook up to version 6 has a class for all. */
const jupyter = (name: string) => [
  "--no-browser",
  "--allow-root",
  ...["ServerApp", "NotebookApp"].flatMap((application) => [
    `--${application}.sock={socket}`,
    `--${application}.base_url={base}/port/${name}/`,
    `--${application}.allow_remote_access=True`,
    `--${application}.token=`, // only members get to it
    `--${application}.password=`,
  ]),
  "--ServerApp.root_dir={home}",
  "--NotebookApp.notebook_dir={home}",
  "--IdentityProvider.token=",
];

/** RStudio's server has to be told where it may write when it does not run as root. */
const RSERVER = `
folder={home}/.cocalc/rserver
mkdir -p "$folder"
printf 'provider=sqlite\\ndirectory=%s\\n' "$folder" > "$folder/database.conf"
exec rserver --server-daemonize=0 --server-user={user} --server-data-dir="$folder" --database-config-file="$folder/database.conf" \\
  --secure-cookie-key-file="$folder/secure-cookie-key" --auth-none=1 --www-address={ip} --www-port={port} --www-root-path={base}/server/rserver \\
  --www-verify-user-agent=0`;

const PLUTO =
  'import Pluto; Pluto.run(host="{ip}", port={port}, base_url="{base}/port/pluto/", launch_browser=false, ' +
  "require_secret_for_access=false, require_secret_for_open_links=false)";

const BUILT_IN: Record<string, z.input<typeof definition>> = {
  jupyter: { title: "Jupyter Notebook", command: ["jupyter-notebook", ...jupyter("jupyter")], below: "port" },
  jupyterlab: { title: "JupyterLab", command: ["jupyter-lab", ...jupyter("jupyterlab")], below: "port" },
  code: {
    title: "VS Code",
    command: [
      "code-server",
      "--socket={socket}",
      "--auth=none",
      "--disable-telemetry",
      "--disable-update-check",
      "{home}",
    ],
  },
  pluto: { title: "Pluto", command: ["julia", "-e", PLUTO], startSeconds: 180, below: "port" },
  rserver: {
    title: "RStudio",
    command: ["bash", "-c", RSERVER],
    program: "rserver",
    env: { PATH: "{path}:/usr/lib/rstudio-server/bin", USER: "{user}" },
  },
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
      const example = '{"lab":{"title":"Lab","command":["lab","--port={port}"]},"pluto":null}';
      context.addIssue({ code: "custom", message: `must be JSON such as ${example}` });
      return z.NEVER;
    }
  });
