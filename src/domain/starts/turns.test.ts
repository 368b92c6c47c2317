import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Turns } from "./turns.ts";

test("takes turns between owners, whoever asked for how many", () => {
  const turns = new Turns(1);
  turns.take("first", "greedy");
  for (let ticket = 1; ticket <= 5; ticket += 1) turns.wait(`greedy-${ticket}`, { owner: "greedy", ticket });
  turns.wait("modest-1", { owner: "modest", ticket: 6 });
  const order: string[] = [];
  for (let holder = "first"; holder; ) {
    turns.release(holder);
    holder = turns.grant()[0] ?? "";
    if (holder) order.push(holder);
  }
  expect(order).toEqual(["modest-1", "greedy-1", "greedy-2", "greedy-3", "greedy-4", "greedy-5"]);
  const two = new Turns(2);
  two.take("g0", "greedy");
  two.take("g1", "greedy");
  for (let ticket = 1; ticket <= 5; ticket += 1) two.wait(`g-${ticket}`, { owner: "greedy", ticket });
  two.wait("m-1", { owner: "modest", ticket: 6 });
  two.release("g0");
  expect(two.grant()).toEqual(["m-1"]);
});

test("a turn is not taken past those who wait", () => {
  const turns = new Turns(1);
  turns.wait("a", { owner: "x", ticket: 1 });
  expect(turns.take("b", "y")).toBe(false);
  expect(turns.grant()).toEqual(["a"]);
});

test("never gives out more turns than there are, and never loses one", () => {
  const act = fc.record({ kind: fc.constantFrom("ask", "end"), id: fc.nat(12), owner: fc.nat(3) });
  fc.assert(
    fc.property(fc.nat(4), fc.array(act, { maxLength: 100 }), (limit, acts) => {
      const turns = new Turns(limit);
      let ticket = 0;
      for (const { kind, id, owner } of acts) {
        const project = `p${id}`;
        if (kind === "end") turns.release(project);
        else if (!turns.take(project, `o${owner}`)) turns.wait(project, { owner: `o${owner}`, ticket: ++ticket });
        turns.grant();
        expect(turns.held).toBeLessThanOrEqual(limit);
        if (turns.waiting > 0) expect(turns.held).toBe(limit);
      }
    }),
  );
});
