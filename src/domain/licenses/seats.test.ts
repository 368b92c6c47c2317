import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Seats } from "./seats.ts";

const id = (of: string[]) => fc.constantFrom(...of);
const [PROJECTS, LICENSES] = [
  ["p", "q", "r", "s"],
  ["A", "B", "C"],
];

test("of each licence there are as many seats as projects hold, whatever was held before", () => {
  const step = fc.record({ projectId: id(PROJECTS), licenses: fc.uniqueArray(id(LICENSES)) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const seats = new Seats();
      const held = new Map<string, string[]>();
      for (const { projectId, licenses } of steps) {
        seats.hold(projectId, licenses);
        held.set(projectId, licenses);
      }
      for (const projectId of PROJECTS) {
        expect([...seats.of(projectId)].sort()).toEqual([...(held.get(projectId) ?? [])].sort());
        for (const licenseId of LICENSES) {
          const others = [...held].filter(([other, its]) => other !== projectId && its.includes(licenseId));
          expect(seats.ofOthers(licenseId, projectId)).toBe(others.length);
        }
      }
      const holders = [...held].filter(([, its]) => its.length > 0).map(([projectId]) => projectId);
      expect(seats.projectIds().sort()).toEqual(holders.sort());
      expect(seats.all()).toHaveLength([...held.values()].flat().length);
    }),
  );
});

test("projects that take a seat only where the others leave one never have more than there are", () => {
  const step = fc.record({ projectId: id(PROJECTS), starts: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), fc.integer({ min: 0, max: 4 }), (steps, limit) => {
      const seats = new Seats();
      for (const { projectId, starts } of steps) {
        seats.hold(projectId, starts && seats.ofOthers("A", projectId) < limit ? ["A"] : []);
        expect(seats.projectIds().length).toBeLessThanOrEqual(limit);
      }
    }),
  );
});

test("who found all seats taken is told when one is given back, until that is so no more", () => {
  const told: string[] = [];
  const seats = new Seats((projectId) => told.push(projectId));
  seats.hold("p", ["A", "B"]);
  seats.want("q", ["A"]);
  seats.want("r", ["A", "B"]);
  seats.hold("p", ["A", "B"]);
  expect(told).toEqual([]);
  seats.hold("p", ["A"]);
  expect(told).toEqual(["r"]);
  seats.want("r", []);
  seats.hold("p", []);
  expect(told).toEqual(["r", "q"]);
});
