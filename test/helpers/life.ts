/** A life for each test: stopped after it, and a test fails when something did not stop well. */

import { afterEach } from "@jest/globals";
import { Life } from "../../src/core/life.ts";

/** Returns a function that makes lives; all of them are stopped after the test that made them. */
export function testLives(): (name?: string) => Life {
  const lives: Life[] = [];
  afterEach(async () => {
    const errors: Error[] = [];
    for (let life = lives.pop(); life; life = lives.pop()) errors.push(...(await life.stop({ deadlineMs: 60_000 })));
    if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join("; "));
  });
  return (name = "test") => {
    const life = new Life(name);
    lives.push(life);
    return life;
  };
}
