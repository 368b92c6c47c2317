import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { mostOfOneParty } from "./turn-bounds.ts";
import { type Party, TurnOrder } from "./turn-order.ts";
import { Turns } from "./turns.ts";

const owner = (name: string): Party => ({ owner: name, license: null });
const onLicense = (license: string, name: string): Party => ({ owner: name, license });

test("takes turns between owners, whoever asked for how many", () => {
  const turns = new Turns(1);
  turns.take("first", owner("greedy"));
  for (let ticket = 1; ticket <= 5; ticket += 1) turns.wait(`greedy-${ticket}`, { ...owner("greedy"), ticket });
  turns.wait("modest-1", { ...owner("modest"), ticket: 6 });
  const order: string[] = [];
  for (let holder = "first"; holder; ) {
    turns.release(holder);
    holder = turns.grant()[0] ?? "";
    if (holder) order.push(holder);
  }
  expect(order).toEqual(["modest-1", "greedy-1", "greedy-2", "greedy-3", "greedy-4", "greedy-5"]);
  const three = new Turns(3);
  three.take("g0", owner("greedy"));
  three.take("g1", owner("greedy"));
  three.take("m-0", owner("modest"));
  for (let ticket = 1; ticket <= 5; ticket += 1) three.wait(`g-${ticket}`, { ...owner("greedy"), ticket });
  three.wait("m-1", { ...owner("modest"), ticket: 6 });
  three.release("m-0");
  expect(three.grant()).toEqual(["m-1"]);
});

test("a turn is not taken past those who wait", () => {
  const turns = new Turns(1);
  turns.wait("a", { ...owner("x"), ticket: 1 });
  expect(turns.take("b", owner("y"))).toBe(false);
  expect(turns.grant()).toEqual(["a"]);
});

test("the hanging starts of one account, or of all accounts on one licence, took every turn of the site: some are always free for others", () => {
  for (const [limit, most] of [
    [1, 1],
    [2, 1],
    [4, 3],
    [20, 15],
  ] as const) {
    for (const attacker of [(_: number) => owner("greedy"), (index: number) => onLicense("open", `account-${index}`)]) {
      const turns = new Turns(limit);
      for (let ticket = 1; ticket <= 2 * limit; ticket += 1) {
        const party = attacker(ticket);
        if (!turns.take(`greedy-${ticket}`, party)) turns.wait(`greedy-${ticket}`, { ...party, ticket });
      }
      expect([turns.held, turns.grant()]).toEqual([most, []]);
      expect(turns.take("modest", owner("modest"))).toBe(limit > 1);
    }
  }
});

test("a class on one licence does not hold up a single researcher, nor another licence", () => {
  const turns = new Turns(10);
  for (let student = 0; student < 200; student += 1) {
    const party = onLicense("class", `student-${student}`);
    if (!turns.take(`class-${student}`, party)) turns.wait(`class-${student}`, { ...party, ticket: student });
  }
  turns.wait("research", { ...owner("researcher"), ticket: 1_000 });
  for (let seat = 0; seat < 20; seat += 1)
    turns.wait(`lab-${seat}`, { ...onLicense("lab", `member-${seat}`), ticket: 1_001 + seat });
  const order = turns.grant();
  for (let index = 0; index < 7; index += 1) {
    turns.release(`class-${index}`);
    order.push(...turns.grant());
  }
  expect(order[0]).toBe("research");
  expect(order.slice(1, 5)).toEqual(["lab-0", "lab-1", "lab-2", "lab-3"]);
  expect(order.filter((id) => id?.startsWith("lab")).length).toBe(5); // by then either licence has about as much
});

test("within a class, who opens many projects waits for who opens one", () => {
  const turns = new Turns(1);
  turns.take("first", onLicense("class", "greedy"));
  turns.wait("greedy-2", { ...onLicense("class", "greedy"), ticket: 1 });
  turns.wait("modest", { ...onLicense("class", "modest"), ticket: 2 });
  turns.release("first");
  expect(turns.grant()).toEqual(["modest"]);
});

test("a higher limit lets those who wait go, and a lower one takes nobody's turn", () => {
  const turns = new Turns(1);
  turns.take("a", owner("x"));
  turns.wait("b", { ...owner("y"), ticket: 1 });
  turns.wait("c", { ...owner("z"), ticket: 2 });
  turns.limit = 2;
  expect(turns.grant()).toEqual(["b"]);
  turns.limit = 1;
  expect([turns.holds("a"), turns.holds("b"), turns.grant()]).toEqual([true, true, []]);
});

function countOf(held: readonly Party[], name: string): number {
  return held.filter(({ owner: by, license }) => by === name || license === name).length;
}

const parties = fc.record({ owner: fc.constantFrom("a", "b", "c", "d"), license: fc.constantFrom(null, "p", "q") });

test("the next is always the one that the rule names", () => {
  const act = fc.record({ kind: fc.constantFrom("wait", "take", "end", "cancel"), at: fc.nat(), party: parties });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 120 }), (acts) => {
      const order = new TurnOrder();
      const reference = new PlainOrder();
      let ticket = 0;
      for (const { kind, at, party } of acts) {
        ticket += 1;
        const { waiting, held } = reference;
        if (kind === "wait") {
          const start = { ...party, projectId: `p${ticket}`, ticket };
          order.add(start);
          waiting.push(start);
        } else if (kind === "take" && order.next !== undefined) {
          const { next } = order;
          order.remove(next.projectId);
          order.begin(next);
          reference.begin(next);
        } else if (kind === "end" && held.length > 0) {
          const [ended] = held.splice(at % held.length, 1);
          if (ended) order.end(ended);
        } else if (kind === "cancel" && waiting.length > 0) {
          const [gone] = waiting.splice(at % waiting.length, 1);
          if (gone) order.remove(gone.projectId);
        }
        reference.forget();
        expect(order.next?.projectId).toBe(reference.next()?.projectId);
      }
    }),
  );
});

/** The rule, said plainly. */
class PlainOrder {
  waiting: (Party & { projectId: string; ticket: number })[] = [];
  held: Party[] = [];
  readonly lastTurn = new Map<string, number>();
  #turns = 0;

  next() {
    return this.waiting.toSorted((a, b) => this.#compare(a, b))[0];
  }

  begin(start: { projectId: string } & Party) {
    this.waiting = this.waiting.filter(({ projectId }) => projectId !== start.projectId);
    this.held.push(start);
    this.#turns += 1;
    for (const key of [start.owner, start.license ?? ""]) this.lastTurn.set(key, this.#turns);
  }

  /** Last turns are kept of those who have starts in flight, and while anybody waits. */
  forget() {
    if (this.waiting.length > 0) return;
    const kept = new Set(this.held.flatMap(({ owner: name, license }) => [name, license]));
    for (const key of this.lastTurn.keys()) if (!kept.has(key)) this.lastTurn.delete(key);
  }

  #compare(a: Party & { ticket: number }, b: Party & { ticket: number }): number {
    const [x, y] = [this.#key(a), this.#key(b)];
    const at = x.findIndex((value, index) => value !== y[index]);
    return at < 0 ? 0 : (x[at] ?? 0) - (y[at] ?? 0);
  }

  #key({ owner: name, license, ticket }: Party & { ticket: number }): number[] {
    const ofOwner = this.held.filter((one) => one.owner === name).length;
    const ofLicense = license === null ? 0 : this.held.filter((one) => one.license === license).length;
    const last = (key: string) => this.lastTurn.get(key) ?? 0;
    return [Math.max(ofOwner, ofLicense), ofOwner, last(license ?? name), last(name), ticket];
  }
}

test("ten thousand who wait are served as fast as anybody asks", () => {
  const turns = new Turns(100);
  for (let ticket = 0; ticket < 10_000; ticket += 1) {
    const party = { owner: `owner-${ticket % 7_000}`, license: ticket % 3 === 0 ? null : `license-${ticket % 50}` };
    turns.wait(`p${ticket}`, { ...party, ticket });
  }
  let compared = 0;
  for (const inFlight = turns.grant(); inFlight.length > 0; compared += 1) {
    turns.release(inFlight.shift() ?? "");
    inFlight.push(...turns.grant());
  }
  expect(compared).toBe(10_000);
  expect([turns.held, turns.waiting]).toEqual([0, 0]);
});

test("never gives out more turns than there are, and never loses one", () => {
  const act = fc.record({ kind: fc.constantFrom("ask", "end"), id: fc.nat(12), party: parties });
  fc.assert(
    fc.property(fc.nat(4), fc.array(act, { maxLength: 100 }), (limit, acts) => {
      const turns = new Turns(limit);
      const asked = new Map<string, Party>();
      let ticket = 0;
      for (const { kind, id, party } of acts) {
        const project = `p${id}`;
        if (kind === "ask" && !turns.holds(project) && !turns.isWaiting(project)) asked.set(project, party);
        if (kind === "end") turns.release(project);
        else if (!turns.take(project, asked.get(project) ?? party)) turns.wait(project, { ...party, ticket: ++ticket });
        turns.grant();
        const held = [...asked].flatMap(([projectId, of]) => (turns.holds(projectId) ? [of] : []));
        expect(turns.held).toBeLessThanOrEqual(limit);
        const most = Math.max(...["a", "b", "c", "d", "p", "q"].map((name) => countOf(held, name)));
        expect(most).toBeLessThanOrEqual(mostOfOneParty(limit));
        if (turns.waiting > 0 && turns.held < limit) expect(most).toBe(mostOfOneParty(limit));
      }
    }),
  );
});
