/** How a program is held up by those who read what it puts out, and by nobody. */

import { expect, test } from "@jest/globals";
import { until } from "../../../test/helpers/until.ts";
import { Readers } from "./readers.ts";

test("a program that nobody looks at puts out so much in a second and no more, and goes on at once when somebody looks", async () => {
  let isPaused = false;
  const readers = new Readers({
    isRunning: () => true,
    pause: () => {
      isPaused = true;
    },
    resume: () => {
      isPaused = false;
    },
    drop: () => {},
  });
  const text = "y\n".repeat(50_000);
  let offset = 0;
  const putOut = () => {
    readers.send({ name: "main", generation: "g", text, offset });
    offset += text.length;
  };
  const putOutAll = () => {
    for (let times = 0; times < 100 && !isPaused; times++) putOut();
  };
  putOutAll();
  expect(isPaused).toBe(true);
  expect(offset).toBeLessThan(2_000_000);
  await until(() => !isPaused); // the next second
  putOutAll();
  expect(isPaused).toBe(true);
  const reader = { output: () => {}, resized: () => {}, exited: () => {}, restarted: () => {}, resync: () => {} };
  readers.add("ada", { reader, size: { cols: 80, rows: 24 }, scheme: "dark", at: offset });
  expect(isPaused).toBe(false);
  readers.rest();
});
