import type { IncomingMessage } from "node:http";
import { BlockList, Socket } from "node:net";
import { expect, test } from "@jest/globals";
import { AddressLimit } from "./address-limit.ts";

const CAPACITY = 20_000;

/** A limit by way of a proxy, where a request alone takes a place. */
function openLimit({ most = 2_000 } = {}) {
  const room = () => CAPACITY - limit.size;
  const limit: AddressLimit = new AddressLimit({ most, room, trustedProxies: new BlockList(), onRefused: () => {} });
  const request = { socket: new Socket() } as IncomingMessage; // all that is read of it
  /** Takes all that this address is given; returns what ends each. */
  const takeAll = (address: string) => {
    const leave: (() => void)[] = [];
    try {
      for (;;) leave.push(limit.enter(request, address));
    } catch {
      return leave; // the limit is met
    }
  };
  return { limit, takeAll };
}

test("ten addresses filled the ingress for everybody: each leaves five sixths of what it finds", () => {
  for (const most of [2_000, CAPACITY]) {
    const { limit, takeAll } = openLimit({ most });
    for (let host = 1; host <= 10; host += 1) takeAll(`192.0.2.${host}`);
    expect(CAPACITY - limit.size).toBeGreaterThan(CAPACITY * (5 / 6) ** 10);
  }
});

test("while there is room an address has all it may, and gets it again when there is room again", () => {
  const { limit, takeAll } = openLimit();
  const [first, second] = [takeAll("192.0.2.1"), takeAll("192.0.2.2")];
  expect([first.length, second.length]).toEqual([2_000, 2_000]);
  const others = Array.from({ length: 20 }, (_, host) => takeAll(`198.51.100.${host}`));
  expect(takeAll("192.0.2.1")).toEqual([]);
  for (const leave of [first, ...others].flat()) leave();
  expect(limit.size).toBe(2_000);
  expect(takeAll("192.0.2.1")).toHaveLength(2_000);
});

test("however full it is, an address has a few places", () => {
  const { takeAll } = openLimit();
  for (let host = 0; host < 100; host += 1) takeAll(`198.51.100.${host}`);
  expect(takeAll("192.0.2.1")).toHaveLength(10);
});
