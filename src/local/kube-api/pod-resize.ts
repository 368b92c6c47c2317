/** Writes to the sub-resource `resize` of a pod: amounts of cpu and memory of its containers, and nothing else. Pure. */

import { asObject, asObjects, type Json, sameJson } from "./json.ts";
import { podQos, resourceProblems } from "./pod-rules.ts";
import type { Cause } from "./refusal.ts";
import type { ApiObject } from "./types.ts";

const RESIZABLE = new Set(["cpu", "memory"]);

/** The pod with the resources that are given; all else stays as it is. Containers that are not the pod's are left for the check. */
export function resizedPod(live: ApiObject, given: ApiObject): ApiObject {
  const containers = asObjects(asObject(given.spec).containers);
  const before = asObjects(asObject(live.spec).containers);
  const isSameSet = sameJson(
    containers.map(({ name }) => name),
    before.map(({ name }) => name),
  );
  const resized = before.map((container, i) => ({ ...container, resources: containers[i]?.resources ?? {} }));
  return { ...live, spec: { ...asObject(live.spec), containers: isSameSet ? resized : containers } };
}

/** Everything that is wrong with a change of a pod's resources. */
export function resizeProblems(live: ApiObject, next: ApiObject): Cause[] {
  const [before, after] = [live, next].map(({ spec }) => asObjects(asObject(spec).containers));
  if (before === undefined || after === undefined || before.length !== after.length) {
    return [forbidden("spec.containers", "containers may not be added or removed on resize")];
  }
  const problems = after.flatMap((container, i) =>
    containerProblems(asObject(before[i]?.resources), asObject(container.resources), `spec.containers[${i}].resources`),
  );
  if (problems.length > 0) return problems;
  const qos = podQos(asObject(next.spec));
  if (qos === podQos(asObject(live.spec))) return [];
  const message = `Invalid value: "${qos}": Pod QOS Class may not change as a result of resizing`;
  return [{ reason: "FieldValueInvalid", field: "spec", message }];
}

function containerProblems(before: Json, after: Json, field: string): Cause[] {
  const kinds = ["limits", "requests"] as const;
  return [
    ...kinds.flatMap((kind) => {
      const [old, now] = [asObject(before[kind]), asObject(after[kind])];
      const changed = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
        (name) => old[name] !== now[name],
      );
      if (changed.some((name) => now[name] === undefined)) {
        return [forbidden(`${field}.${kind}`, `resource ${kind} cannot be removed`)];
      }
      return changed.some((name) => !RESIZABLE.has(name))
        ? [forbidden(`${field}.${kind}`, "only cpu and memory resources are mutable")]
        : [];
    }),
    ...resourceProblems(after, field),
  ];
}

function forbidden(field: string, why: string): Cause {
  return { reason: "FieldValueForbidden", field, message: `Forbidden: ${why}` };
}
