import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { SortedHeap } from "./sorted-heap.ts";

interface Item {
  value: number;
}

const act = fc.oneof(
  fc.record({ kind: fc.constant("add" as const), value: fc.nat(50) }),
  fc.record({ kind: fc.constant("remove" as const), at: fc.nat() }),
  fc.record({ kind: fc.constant("change" as const), at: fc.nat(), value: fc.nat(50) }),
  fc.record({
    kind: fc.constant("change-many" as const),
    from: fc.nat(),
    step: fc.integer({ min: 1, max: 4 }),
    by: fc.integer({ min: -9, max: 9 }),
  }),
);

test("always knows the least, whatever is added, removed or changed, also many at once", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 200 }), (acts) => {
      const heap = new SortedHeap<Item>((a, b) => a.value < b.value);
      const items: Item[] = [];
      for (const one of acts) {
        if (one.kind === "add") {
          const item = { value: one.value };
          items.push(item);
          heap.add(item);
        } else if (one.kind === "remove") {
          const [item] = items.splice(one.at % (items.length || 1), 1);
          if (item) heap.remove(item);
        } else if (one.kind === "change") {
          const item = items[one.at % (items.length || 1)];
          if (item) item.value = one.value;
          if (item) heap.moved(item);
        } else {
          const some = items.filter((_, index) => index % one.step === one.from % one.step);
          for (const item of some) item.value += one.by;
          for (const item of some) heap.moved(item);
        }
        expect(heap.size).toBe(items.length);
        expect(heap.first?.value).toBe(items.length === 0 ? undefined : Math.min(...items.map(({ value }) => value)));
      }
    }),
  );
});
