import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Places } from "./places.ts";

test("takes turns between owners, whoever asked for how many", () => {
  const places = new Places(1);
  places.take("first", "greedy");
  for (let ticket = 1; ticket <= 5; ticket += 1) places.wait(`greedy-${ticket}`, { owner: "greedy", ticket });
  places.wait("modest-1", { owner: "modest", ticket: 6 });
  const order: string[] = [];
  for (let holder = "first"; holder; ) {
    places.release(holder);
    holder = places.grant()[0] ?? "";
    if (holder) order.push(holder);
  }
  expect(order).toEqual(["modest-1", "greedy-1", "greedy-2", "greedy-3", "greedy-4", "greedy-5"]);
  const two = new Places(2);
  two.take("g0", "greedy");
  two.take("g1", "greedy");
  for (let ticket = 1; ticket <= 5; ticket += 1) two.wait(`g-${ticket}`, { owner: "greedy", ticket });
  two.wait("m-1", { owner: "modest", ticket: 6 });
  two.release("g0");
  expect(two.grant()).toEqual(["m-1"]);
});

test("a place is not taken past those who wait", () => {
  const places = new Places(1);
  places.wait("a", { owner: "x", ticket: 1 });
  expect(places.take("b", "y")).toBe(false);
  expect(places.grant()).toEqual(["a"]);
});

test("never gives out more places than there are, and never loses one", () => {
  const act = fc.record({ kind: fc.constantFrom("ask", "end"), id: fc.nat(12), owner: fc.nat(3) });
  fc.assert(
    fc.property(fc.nat(4), fc.array(act, { maxLength: 100 }), (limit, acts) => {
      const places = new Places(limit);
      let ticket = 0;
      for (const { kind, id, owner } of acts) {
        const project = `p${id}`;
        if (kind === "end") places.release(project);
        else if (!places.take(project, `o${owner}`)) places.wait(project, { owner: `o${owner}`, ticket: ++ticket });
        places.grant();
        expect(places.held).toBeLessThanOrEqual(limit);
        if (places.waiting > 0) expect(places.held).toBe(limit);
      }
    }),
  );
});
