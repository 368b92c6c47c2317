import { expect, test } from "@jest/globals";
import { kubeStatusOf, readStatus, refusal } from "./status.ts";

const status = (code: number, reason = "") => ({ kind: "Status", code, reason, message: "the pod has no room" });

test.each([
  [400, "invalid"],
  [401, "unavailable"],
  [403, "forbidden"],
  [404, "not_found"],
  [409, "conflict"],
  [410, "gone"],
  [422, "invalid"],
  [429, "unavailable"],
  [500, "unavailable"],
  [503, "unavailable"],
])("status %i is the error %s", (code, expected) => {
  expect(refusal("create pods/x", readStatus(code, status(code)))).toMatchObject({ code: expected });
});

test("the error says what was asked, what the server said, and keeps the reason", () => {
  const error = refusal("create pods/x", readStatus(409, status(409, "AlreadyExists")));
  expect(error.message).toBe("Kubernetes refused to create pods/x: the pod has no room (409).");
  expect(kubeStatusOf(error)).toMatchObject({ code: 409, reason: "AlreadyExists" });
});

test("when to come back is taken from the header, else from the body", () => {
  expect(readStatus(429, { details: { retryAfterSeconds: 3 } }).retryAfterSeconds).toBe(3);
  expect(readStatus(429, { details: { retryAfterSeconds: 3 } }, "7").retryAfterSeconds).toBe(7);
  expect(readStatus(429, {}, "soon").retryAfterSeconds).toBeUndefined();
});

test("an answer that is no Status keeps its text, cut", () => {
  expect(readStatus(502, "<html>bad gateway</html>")).toMatchObject({ code: 502, message: "<html>bad gateway</html>" });
  expect(readStatus(500, "x".repeat(10_000)).message).toHaveLength(2_000);
  expect(readStatus(500, null).message).toBe("HTTP status 500");
});
