/** Under which key an IP address is counted: IPv4 as it is, IPv6 by its network. Pure. */

import { isIPv4, isIPv6 } from "node:net";

/** IPv6 by its /64, the smallest network there is. Text that is no address counts as one and the same. */
export function addressKey(address: string): string {
  return keyOf(address, 4);
}

/** IPv6 by its /48, the largest that is given to one customer: who has one has 65,536 of /64, as many as wanted. */
export function siteKey(address: string): string {
  return keyOf(address, 3);
}

function keyOf(address: string, groupCount: 3 | 4): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return "unknown";
  const [head = "", tail] = address.toLowerCase().split("%")[0]?.split("::") ?? [];
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  const groups = [...before, ...zeros, ...after]
    .slice(0, groupCount)
    .map((group) => Number.parseInt(group, 16).toString(16));
  return `${groups.join(":")}::/${16 * groupCount}`;
}
