/** Places for requests to a project: nobody holds those of the others by letting answers wait. */

import { EventEmitter } from "node:events";
import { expect, test } from "@jest/globals";
import { isAppError } from "../../src/core/errors.ts";
import type { ProjectRole } from "../../src/protocol/project-rights.ts";
import { RequestsUnderWay } from "./requests-under-way.ts";

/** Requests that are answered only when they are let go. */
function asked(underWay: RequestsUnderWay) {
  /** Asks until there is no place; returns how many got one, and what ends them. */
  return (accountId: string, role: ProjectRole, projectId = "p") => {
    const waiting: EventEmitter[] = [];
    for (;;) {
      const response = Object.assign(new EventEmitter(), { closed: false });
      try {
        underWay.enter(response, { identity: { accountId }, role }, projectId);
      } catch (error) {
        if (!isAppError(error, "rate_limited")) throw error;
        return { places: waiting.length, end: () => waiting.forEach((one) => void one.emit("close")) };
      }
      waiting.push(response);
    }
  };
}

test("three viewers together held over half of the places of a project's server", () => {
  const ask = asked(new RequestsUnderWay({ maxRequests: 256, maxRequestsPerMember: 192 }));
  const viewers = ["v", "w", "x", "y"].map((viewer) => ask(viewer, "viewer"));
  expect(viewers.map(({ places }) => places)).toEqual([48, 48, 32, 0]);
  expect(ask("v", "viewer", "other").places).toBe(48);
  expect(ask("ada", "collaborator").places).toBe(192);
  for (const { end } of viewers) end();
  expect(ask("z", "viewer").places).toBe(48);
});
