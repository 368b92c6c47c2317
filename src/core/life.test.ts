import { expect, jest, test } from "@jest/globals";
import { Life } from "./life.ts";

test("stops what was opened last first, and goes on after an error", async () => {
  const life = new Life("test");
  const order: string[] = [];
  life.defer("first", () => void order.push("first"));
  life.defer("second", () => {
    order.push("second");
    throw new Error("stuck valve");
  });
  life.defer("third", async () => void order.push("third"));
  const errors = await life.stop();
  expect(order).toEqual(["third", "second", "first"]);
  expect(errors.map(({ message }) => message)).toEqual(["second: stuck valve"]);
});

test("drains everything, children too, before anything is undone", async () => {
  const life = new Life("test");
  const order: string[] = [];
  const child = life.child("child");
  child.defer("socket", () => void order.push("socket closed"));
  child.onDrain("socket", () => void order.push("socket told"));
  life.defer("server", () => void order.push("server closed"));
  life.onDrain("readiness", () => void order.push("readiness off"));
  await life.stop();
  expect(order.slice(0, 2).sort()).toEqual(["readiness off", "socket told"]);
  expect(order.slice(2)).toEqual(["server closed", "socket closed"]);
});

test("has one deadline, and names what did not stop", async () => {
  const life = new Life("test");
  const never = Promise.withResolvers<void>();
  life.defer("hung part", () => never.promise);
  const errors = await life.stop({ deadlineMs: 20 });
  expect(errors.map(({ message }) => message)).toEqual(["test: hung part did not stop within 20 ms"]);
  never.resolve();
});

test("the deadline of the whole is that of its parts, and what hung in one of them is named", async () => {
  jest.useFakeTimers();
  try {
    const life = new Life("process");
    const slow = Promise.withResolvers<void>();
    life
      .child("hub")
      .child("proxy")
      .defer("uploads", () => slow.promise);
    const stopped = life.stop({ deadlineMs: 60_000 });
    await jest.advanceTimersByTimeAsync(59_000);
    slow.resolve();
    expect(await stopped).toEqual([]);
    const hung = new Life("process");
    hung
      .child("hub")
      .child("proxy")
      .defer("uploads", () => new Promise(() => {}));
    const gaveUp = hung.stop({ deadlineMs: 60_000 });
    await jest.advanceTimersByTimeAsync(60_000);
    expect((await gaveUp).map(({ message }) => message)).toEqual([
      "process/hub/proxy: uploads did not stop within 60000 ms",
    ]);
  } finally {
    jest.useRealTimers();
  }
});

test("what went wrong while a part drained is told", async () => {
  const life = new Life("process");
  life.child("hub").onDrain("sockets", () => {
    throw new Error("stuck");
  });
  expect((await life.stop()).map(({ message }) => message)).toEqual(["hub: sockets: stuck"]);
});

test("the failure of a part is the failure of the whole, unless it is stopping", async () => {
  const life = new Life("test");
  life.child("part").run("loop", () => Promise.reject(new Error("gone")));
  expect((await life.failed).message).toBe("loop died: gone");
  await life.stop();
});

test("a loop is told to end and waited for", async () => {
  const life = new Life("test");
  let ended = false;
  life.run("loop", async (signal) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve());
    await promise;
    ended = true;
  });
  expect(await life.stop()).toEqual([]);
  expect(ended).toBe(true);
});

test("what is opened on a stopped life is undone at once", async () => {
  const life = new Life("test");
  await life.stop();
  const undone = Promise.withResolvers<void>();
  life.defer("late", undone.resolve);
  await undone.promise;
});

test("stopping twice is stopping once", async () => {
  const life = new Life("test");
  let times = 0;
  life.defer("part", () => {
    times += 1;
  });
  await Promise.all([life.stop(), life.stop()]);
  expect(times).toBe(1);
});
