import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { spans } from "../../../test/helpers/spans.ts";
import { durationsOf } from "./durations.ts";
import { outlooks } from "./outlook.ts";
import { Turns } from "./turns.ts";

const parties = fc.record({ owner: fc.constantFrom("a", "b", "c", "d"), license: fc.constantFrom(null, "p", "q") });

test("places are the order in which turns are given when starts end in the order of their turns", () => {
  fc.assert(
    fc.property(fc.array(parties, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 6 }), (starts, limit) => {
      const turns = new Turns(limit);
      const flying: string[] = [];
      const inFlight = starts.slice(0, limit).map((party, index) => ({ ...party, ageMs: limit - index }));
      inFlight.forEach((party, index) => {
        turns.hold(`flying-${index}`, party);
        flying.push(`flying-${index}`);
      });
      const waiting = starts.slice(limit).map((party, ticket) => ({ ...party, ticket, projectId: `p${ticket}` }));
      for (const start of waiting) turns.wait(start.projectId, start);
      const order: string[] = [];
      while (turns.waiting > 0) {
        const granted = turns.grant();
        order.push(...granted);
        flying.push(...granted);
        if (turns.waiting > 0) turns.release(flying.shift() ?? "");
      }
      const told = [...outlooks({ limit, inFlight, waiting }, durationsOf(spans([1_000])))].map(
        ([ticket]) => `p${ticket}`,
      );
      expect(told).toEqual(order);
    }),
  );
});

test("each waits until so many before it have ended", () => {
  const party = (index: number) => ({ owner: `o${index}`, license: null });
  const inFlight = [0, 1].map((index) => ({ ...party(index), ageMs: 4_000 }));
  const waiting = [2, 3, 4, 5, 6].map((index) => ({ ...party(index), ticket: index, projectId: `p${index}` }));
  const found = outlooks({ limit: 2, inFlight, waiting }, durationsOf(spans([10_000])));
  expect([...found.values()].map(({ waitMs }) => waitMs)).toEqual([6_000, 6_000, 16_000, 16_000, 26_000]);
  const free = outlooks({ limit: 9, inFlight, waiting }, durationsOf(spans([10_000])));
  expect([...free.values()].map(({ position, waitMs }) => [position, waitMs])).toEqual(
    [1, 2, 3, 4, 5].map((n) => [n, 0]),
  );
});

test("a party waits for its own to end where it has all turns that one may have, and others go at once", () => {
  const inFlight = Array.from({ length: 3 }, () => ({ owner: "greedy", license: null, ageMs: 4_000 }));
  const waiting = ["greedy", "greedy", "modest"].map((owner, ticket) => ({
    ...{ owner, license: null, ticket },
    projectId: `p${ticket}`,
  }));
  const found = outlooks({ limit: 4, inFlight, waiting }, durationsOf(spans([10_000])));
  expect([...found].map(([ticket, { waitMs }]) => [ticket, waitMs])).toEqual([
    [2, 0],
    [0, 6_000],
    [1, 6_000],
  ]);
});

test("ten thousand who wait have their places", () => {
  const waiting = Array.from({ length: 10_000 }, (_, ticket) => ({
    owner: `o${ticket % 900}`,
    license: `l${ticket % 20}`,
    ticket,
    projectId: `p${ticket}`,
  }));
  const found = outlooks({ limit: 100, inFlight: [], waiting }, durationsOf(spans([5_000, 20_000])));
  const waits = waiting.map(({ ticket }) => found.get(ticket)?.waitMs ?? -1);
  expect(new Set([...found.values()].map(({ position }) => position)).size).toBe(10_000);
  expect(Math.max(...waits) / (100 * 12_500)).toBeCloseTo(1, 1); // a hundred at a time, for as long as they take on average
});
