/** Who is at the other end: address, scheme and host of the browser, as told by the proxies before us that are trusted. */

import { BlockList, isIP } from "node:net";
import { z } from "zod";
import { setting } from "../../core/config.ts";
import type { HttpRequest } from "../http-message.ts";

const LOOPBACK = ["127.0.0.0/8", "::1/128"];
/** Networks by name. In a cluster `private` holds the pods of projects too, which may then say to be anybody: it is never the default. */
const NAMED = new Map<string, readonly string[]>([
  ["none", []],
  ["loopback", LOOPBACK],
  ["private", [...LOOPBACK, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"]],
]);

const networks = z
  .string()
  .default("loopback")
  .transform((text) => text.split(/[\s,]+/).filter(Boolean))
  .transform((list) => list.flatMap((network) => NAMED.get(network) ?? [network]))
  .refine((list) => list.every(isNetwork), "must be `loopback`, `private`, `none`, or networks such as 10.1.0.0/16")
  .transform(blockList);

export const forwardedConfig = z.object({
  trustedProxies: setting(
    "COCALC_TRUSTED_PROXIES",
    networks,
    "Whose X-Forwarded-For and -Proto are believed: the networks of your proxies, separated by spaces; also `loopback`, `private` (loopback and all private addresses: in a cluster those of the projects' pods too) or `none`.",
  ),
});

export type ForwardedConfig = z.infer<typeof forwardedConfig>;

/** The client as far as it is known; `host` is never checked here. */
export interface Client {
  address: string;
  proto: "http" | "https";
  host: string;
}

/** The client of a request; headers of somebody who is not trusted count for nothing. */
export function clientOf(request: HttpRequest, { trustedProxies }: ForwardedConfig): Client {
  const peer = plainAddress(request.socket.remoteAddress ?? "");
  const host = request.headers.host ?? "";
  if (!isTrusted(peer, trustedProxies)) return { address: peer, proto: "http", host };
  const { "x-forwarded-for": chain, "x-forwarded-proto": protos } = request.headers;
  const { address, hops } = farthest(peer, chain, trustedProxies);
  return { address, proto: toldBy(hops, protos) === "https" ? "https" : "http", host };
}

/** Does it come by way of somebody who says for whom, and is not believed? Most often a proxy that nobody has named to us. */
export function isUnheeded({ headers, socket }: HttpRequest, { trustedProxies }: ForwardedConfig): boolean {
  return (
    headers["x-forwarded-for"] !== undefined && !isTrusted(plainAddress(socket.remoteAddress ?? ""), trustedProxies)
  );
}

/**
 * From the nearest proxy outwards: the first address that is not one of ours, and how many hops away it is; what stands left of it anybody
 * could have written.
 */
function farthest(
  peer: string,
  header: string | string[] | undefined,
  trusted: BlockList,
): { address: string; hops: number } {
  let address = peer;
  let hops = 0;
  for (const hop of header === undefined ? [] : entriesOf(header).reverse()) {
    const next = plainAddress(withoutPort(hop));
    if (!isTrusted(address, trusted) || isIP(next) === 0) break;
    address = next;
    hops += 1;
  }
  return { address, hops };
}

/**
 * The word of the outermost proxy of ours: it stands as far from the right as its word of the address does. Where fewer are told, proxies
 * passed on what one before them had said: the leftmost then.
 */
function toldBy(hops: number, header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const told = entriesOf(header);
  return told[Math.max(0, told.length - Math.max(1, hops))];
}

/** Several headers of one name are one list. */
function entriesOf(header: string | string[]): string[] {
  return [header]
    .flat()
    .join(",")
    .split(",")
    .map((entry) => entry.trim());
}

/** `192.0.2.1:567`, `[2001:db8::1]:567` and `[2001:db8::1]` as some proxies write them. */
function withoutPort(hop: string): string {
  const [, bracketed, ipv4] = HOP_WITH_PORT.exec(hop) ?? [];
  return bracketed ?? ipv4 ?? hop;
}

const HOP_WITH_PORT = /^(?:\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/;

export function isTrusted(address: string, trusted: BlockList): boolean {
  const known = answersOf(trusted);
  const before = known.get(address);
  if (before !== undefined) return before;
  const answer = check(address, trusted);
  const [oldest] = known.keys();
  if (known.size >= MOST_ANSWERS && oldest !== undefined) known.delete(oldest); // strangers are many: proxies come again
  known.set(address, answer);
  return answer;
}

/** What was said of an address before: proxies are few, and asked about with every request. */
const answers = new WeakMap<BlockList, Map<string, boolean>>();
const MOST_ANSWERS = 1_000;

function answersOf(trusted: BlockList): Map<string, boolean> {
  const known = answers.get(trusted) ?? new Map<string, boolean>();
  answers.set(trusted, known);
  return known;
}

function check(address: string, trusted: BlockList): boolean {
  const family = isIP(address);
  return family !== 0 && trusted.check(address, family === 6 ? "ipv6" : "ipv4");
}

/** IPv4 as such, also where a socket for both kinds tells it as IPv6; IPv6 without the name of an interface, which means nothing elsewhere. */
export function plainAddress(address: string): string {
  const [plain = ""] = address.split("%", 1);
  return plain.startsWith("::ffff:") ? plain.slice("::ffff:".length) : plain;
}

function isNetwork(network: string): boolean {
  const [address = "", bits = "", more] = network.split("/");
  const family = isIP(address);
  return family !== 0 && more === undefined && /^\d+$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32);
}

function blockList(list: string[]): BlockList {
  const block = new BlockList();
  for (const network of list) {
    const [address = "", bits] = network.split("/");
    block.addSubnet(address, Number(bits), isIP(address) === 6 ? "ipv6" : "ipv4");
  }
  return block;
}
