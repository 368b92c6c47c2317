/** Server-side apply: what managers own, take, share and give up; the book-keeping is what a real API server writes. */

import { expect, test } from "@jest/globals";
import { applyFields, bookUpdate } from "./ownership.ts";
import type { ApiObject } from "./types.ts";

const map = (data: object, managedFields: ApiObject["metadata"]["managedFields"] = []): ApiObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "m", namespace: "n", managedFields },
  data,
});
const by = (manager: string, force = false) => ({ manager, force });
const owners = ({ metadata }: ApiObject) =>
  Object.fromEntries((metadata.managedFields ?? []).map(({ manager, fieldsV1 }) => [manager, fieldsV1]));

test("what a manager no longer names goes, but for what another named too", () => {
  const first = applyFields(map({}), { data: { a: "1", both: "1" } }, by("one"));
  const second = applyFields(first, { data: { both: "1" } }, by("two"));
  const third = applyFields(second, { data: {} }, by("one"));
  expect(third.data).toEqual({ both: "1" });
  expect(owners(third).two).toEqual({ "f:data": { "f:both": {} } });
});

test("another's value is a conflict that names field and manager, and changes hands by force", () => {
  const theirs = applyFields(map({}), { data: { a: "1" } }, by("administrator"));
  expect(() => applyFields(theirs, { data: { a: "2" } }, by("we"))).toThrow(
    'Apply failed with 1 conflict: conflict with "administrator" using v1: .data.a',
  );
  const taken = applyFields(theirs, { data: { a: "2" } }, by("we", true));
  expect(taken.data).toEqual({ a: "2" });
  expect(owners(taken)).toEqual({ we: { "f:data": { "f:a": {} } } });
});

test("an ordinary write takes over what it changes, so that a later apply meets a conflict", () => {
  const applied = applyFields(map({}), { data: { a: "1", b: "1" } }, by("default"));
  const edited = bookUpdate(applied, { ...applied, data: { a: "mine", b: "1" } }, { manager: "kubectl" });
  expect(owners(edited)).toEqual({ default: { "f:data": { "f:b": {} } }, kubectl: { "f:data": { "f:a": {} } } });
  expect(() => applyFields(edited, { data: { a: "1", b: "1" } }, by("default"))).toThrow(/kubectl/);
});

test("lists with keys are owned item by item", () => {
  const pod = (spec: object): ApiObject => ({ ...map({}), kind: "Pod", spec });
  const live = bookUpdate(undefined, pod({ containers: [{ name: "a", image: "1" }] }), { manager: "maker" });
  const applied = {
    spec: {
      containers: [
        { name: "a", env: [{ name: "X", value: "1" }] },
        { name: "b", image: "2" },
      ],
    },
  };
  const both = applyFields(live, applied, by("sidecar"));
  expect(both.spec).toEqual({
    containers: [
      { name: "a", image: "1", env: [{ name: "X", value: "1" }] },
      { name: "b", image: "2" },
    ],
  });
  expect(applyFields(both, { spec: {} }, by("sidecar")).spec).toEqual({ containers: [{ name: "a", image: "1" }] });
});
