/** The share of the thread that floods of output get, by a clock of the test's own. */

import { expect, test } from "@jest/globals";
import { OutputShare } from "./output-share.ts";

/** A clock that goes on as the test says, and does in order what is due. */
function testClock() {
  let now = 0;
  const due: { at: number; act: () => void }[] = [];
  return {
    now: () => now,
    pass: (ms: number) => {
      now += ms;
    },
    after: (ms: number, act: () => void) => {
      const timer = { at: now + ms, act };
      due.push(timer);
      return () => void due.splice(due.indexOf(timer), 1);
    },
    wake: () => {
      for (const timer of due.filter(({ at }) => at <= now)) {
        due.splice(due.indexOf(timer), 1);
        timer.act();
      }
    },
  };
}

test.each([1, 3, 8])(
  "%d terminals that flood get a third of the time, and one that says little is never held up",
  (count) => {
    const clock = testClock();
    const share = new OutputShare(clock);
    const floods = Array.from({ length: count }, () => {
      const flood = { spent: 0, isHeld: false };
      const account = share.open({
        pause: () => {
          flood.isHeld = true;
        },
        resume: () => {
          flood.isHeld = false;
        },
      });
      return Object.assign(flood, { account });
    });
    const little = share.open({
      pause: () => {
        throw new Error("it was held up");
      },
      resume: () => {},
    });
    for (let turn = 0; clock.now() < 60_000; turn += 1) {
      clock.wake();
      for (const flood of floods) {
        if (flood.isHeld) continue;
        flood.account.spend(() => clock.pass(2));
        flood.spent += 2;
      }
      if (turn % 20 === 0) little.spend(() => clock.pass(0.1));
      clock.pass(1);
    }
    const spent = floods.map((flood) => flood.spent);
    const total = spent.reduce((sum, one) => sum + one, 0);
    expect(total / clock.now()).toBeLessThan(0.4);
    expect(total / clock.now()).toBeGreaterThan(0.2);
    expect(Math.max(...spent) / Math.min(...spent)).toBeLessThan(1.5);
  },
);

test("a program that is to end is held up no more, and counts no more once its terminal is closed", () => {
  const clock = testClock();
  const share = new OutputShare(clock);
  const calls: string[] = [];
  const account = share.open({ pause: () => calls.push("pause"), resume: () => calls.push("resume") });
  account.spend(() => clock.pass(100));
  expect(calls).toEqual(["pause"]);
  account.close();
  clock.pass(10_000);
  clock.wake();
  expect(calls).toEqual(["pause"]);
});
