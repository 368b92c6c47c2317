/** The environment of a project's terminals and programs: the image's, without what is the server's own, with what the project sets. */

import type { Environment } from "../../../src/core/env.ts";

/** What only the server needs, or what would lead a user's program astray; LOCAL_CONTAINER says on one machine whose a process is. */
const OWN = [
  /^COCALC_(?!PROJECT_ID$|USERNAME$|POD_IP$|LOCAL_CONTAINER$)/,
  /^(PORT|HOST|ADMIN_PORT|ADMIN_HOST|BASE_PATH|INIT_CWD|OLDPWD|PWD|SHLVL|_)$/,
  /^(NODE|npm|NPM)_/,
  /^PG[A-Z]+$/,
  /^KUBECONFIG$/,
  /^(TERM|TERM_PROGRAM|TERM_PROGRAM_VERSION|COLORTERM|TMUX|TMUX_PANE|STY|WINDOW|LINES|COLUMNS)$/,
  /^JEST_/,
];

interface Own {
  home: string;
  /** The project's variables: they win. */
  extra: Readonly<Record<string, string>>;
}

/** A fresh environment; HOME, a UTF-8 locale, a PATH and a SHELL (Jupyter's terminals would be of `sh`) are always there. */
export function shellEnvironment(all: Environment, { home, extra }: Own): Record<string, string> {
  const kept = Object.entries(all).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !OWN.some((own) => own.test(entry[0])),
  );
  const environment: Record<string, string> = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    LANG: "C.UTF-8",
    SHELL: "/bin/bash",
    ...Object.fromEntries(kept),
    HOME: home,
    ...extra,
  };
  return environment;
}
