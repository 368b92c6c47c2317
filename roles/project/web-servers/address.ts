/** Where a server of a project listens: a port that only this machine reaches, or a Unix socket in a folder of its user alone. */

import { access, mkdtemp } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { telling } from "../../../src/files/file-errors.ts";

export type Address = { host: string; port: number } | { path: string };

const CONNECT_WITHIN_MS = 1_000;
/** The path of a socket has some hundred bytes at most; so much of it is the folder for temporary files. */
const LONGEST_TMP = 50;

/** As an upstream is called. */
export function originOf(address: Address): string {
  return "path" in address ? `unix:${address.path}` : `http://${address.host}:${address.port}`;
}

/** As people read it. */
export function placeName(address: Address): string {
  return "path" in address ? `the socket ${address.path}` : `port ${address.port}`;
}

/** Does somebody take connections there? */
export async function listens(address: Address): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ ...address, timeout: CONNECT_WITHIN_MS });
  socket.on("connect", () => resolve(true));
  socket.on("timeout", () => resolve(false));
  socket.on("error", () => resolve(false));
  const answer = await promise;
  socket.destroy();
  return answer;
}

/** Can somebody who listens there still be found? A socket whose file was removed cannot; asking one that hangs would say nothing. */
export async function isThere(address: Address): Promise<boolean> {
  if (!("path" in address)) return true;
  return access(address.path).then(
    () => true,
    () => false,
  );
}

/** A new folder that nobody else can enter, with a short path. @throws AppError what the file system refuses, in words. */
export function makeSocketFolder(): Promise<string> {
  const tmp = tmpdir();
  const parent = tmp.length <= LONGEST_TMP ? tmp : "/tmp";
  return telling(parent, () => mkdtemp(join(parent, "cocalc-")));
}

/** The pod's own address where that is a loopback address (as on one machine), else the usual one: no other pod reaches it. */
export function loopbackOf(podIp: string | undefined): string {
  return podIp?.startsWith("127.") === true ? podIp : "127.0.0.1";
}
