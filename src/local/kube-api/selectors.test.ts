/** Selectors: what they select, and what is refused. */

import { describe, expect, test } from "@jest/globals";
import { fieldPredicate, labelPredicate } from "./selectors.ts";
import { type ApiObject, eventType, nodeType, podType } from "./types.ts";

const pod = (labels: Record<string, string>, rest: object = {}): ApiObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "n", labels },
  ...rest,
});

describe("labels", () => {
  const cases: [string, Record<string, string>, boolean][] = [
    ["a=1", { a: "1" }, true],
    ["a==1,b!=2", { a: "1" }, true],
    ["a in (1, 2),b notin (3)", { a: "2", b: "3" }, false],
    ["a in (1,2)", {}, false],
    ["!a", {}, true],
    ["example.org/a", { "example.org/a": "" }, true],
    ["a=", { a: "" }, true],
  ];
  test.each(cases)("%s on %j is %s", (selector, labels, expected) => {
    expect(labelPredicate(selector)(pod(labels))).toBe(expected);
  });

  test.each(["a in (", "=1", "a=1,,b", "a>1"])("%s is refused", (selector) => {
    expect(() => labelPredicate(selector)).toThrow(/unable to parse/);
  });
});

describe("fields", () => {
  test("of pods, nodes and events; an absent field is empty, an absent flag false", () => {
    expect(fieldPredicate(podType, "spec.nodeName=,metadata.name!=q")(pod({}))).toBe(true);
    expect(fieldPredicate(nodeType, "spec.unschedulable=false")(pod({}))).toBe(true);
    const event = pod({}, { involvedObject: { uid: "u" }, source: { component: "kubelet" } });
    expect(fieldPredicate(eventType, "involvedObject.uid=u,source=kubelet")(event)).toBe(true);
  });

  test("that are not selectable are refused", () => {
    expect(() => fieldPredicate(podType, "spec.hostname=x")).toThrow("field label not supported: spec.hostname");
  });
});
