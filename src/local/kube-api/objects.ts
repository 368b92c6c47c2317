/** What holds for every object: names, labels, what identifies it, and what a new one is given. Pure but for the clock and chance. */

import { randomInt, randomUUID } from "node:crypto";
import { asObject, asText, isObject, type Json } from "./json.ts";
import { podProblems, withPodDefaults } from "./pod-rules.ts";
import { badRequest, type Cause, conflict, invalid, modified } from "./refusal.ts";
import { type ApiObject, type ApiType, podType, secretType, timestamp } from "./types.ts";

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/;
const SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789";

/** A body as an object of a type, in a namespace. @throws Refusal 400 for a body that is none of that. */
export function readBody(type: ApiType, namespace: string | undefined, body: unknown): ApiObject {
  if (!isObject(body)) throw badRequest("the body of the request is no object");
  const kind = body.kind ?? type.kind;
  if (kind !== type.kind || (body.apiVersion ?? "v1") !== "v1") {
    throw badRequest(`${body.kind} in version "${body.apiVersion}" cannot be handled as a ${type.kind}`);
  }
  if (body.metadata !== undefined && !isObject(body.metadata)) throw badRequest("metadata is no object");
  const metadata = asObject(body.metadata);
  if (type.namespaced && metadata.namespace !== undefined && metadata.namespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  return {
    ...body,
    apiVersion: "v1",
    kind: type.kind,
    metadata: { ...metadata, name: asText(metadata.name), ...(type.namespaced && { namespace: namespace ?? "" }) },
  };
}

/** A new object as it will be stored. @throws Refusal 422 with everything that is wrong with it. */
export function newObject(type: ApiType, given: ApiObject): ApiObject {
  const {
    resourceVersion: _r,
    deletionTimestamp: _d,
    deletionGracePeriodSeconds: _g,
    managedFields: _m,
    ...metadata
  } = given.metadata;
  const name = metadata.name || (metadata.generateName ? `${metadata.generateName}${suffix()}` : "");
  const object: ApiObject = {
    ...given,
    metadata: { ...metadata, name, uid: randomUUID(), creationTimestamp: timestamp() },
  };
  const problems = [...metadataProblems(object), ...(type === podType ? podProblems(object) : [])];
  if (problems.length > 0) throw invalid(type, name, problems);
  if (type === podType) return withPodDefaults({ ...object, metadata: { ...object.metadata, generation: 1 } });
  return type === secretType ? withSecretDefaults(object) : object;
}

/**
 * A changed object as it will be stored: what the server alone writes stays as it is.
 * @throws Refusal 409 when it was made of an older version, or of another object of that name; 422 when it is wrong.
 */
export function changedObject(type: ApiType, live: ApiObject, given: ApiObject): ApiObject {
  const { name, uid, resourceVersion } = given.metadata;
  const now = live.metadata;
  if (name !== now.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${now.name})`);
  if (uid !== undefined && uid !== now.uid) {
    throw conflict(type, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${now.uid}`);
  }
  if (resourceVersion !== undefined && resourceVersion !== "" && resourceVersion !== now.resourceVersion) {
    throw modified(type, name);
  }
  const {
    deletionTimestamp: _d,
    deletionGracePeriodSeconds: _g,
    generation: _n,
    managedFields: _m,
    ...metadata
  } = given.metadata;
  const { deletionTimestamp, deletionGracePeriodSeconds, generation, creationTimestamp, managedFields } = now;
  const kept = { deletionTimestamp, deletionGracePeriodSeconds, generation, creationTimestamp, managedFields };
  const object: ApiObject = {
    ...given,
    metadata: { ...metadata, ...defined(kept), uid: now.uid ?? "", resourceVersion: now.resourceVersion ?? "" },
  };
  const problems = metadataProblems(object);
  if (problems.length > 0) throw invalid(type, name, problems);
  return type === secretType ? withSecretDefaults(object) : object;
}

function defined(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function suffix(): string {
  return Array.from({ length: 5 }, () => SUFFIX_LETTERS[randomInt(SUFFIX_LETTERS.length)]).join("");
}

function withSecretDefaults({ stringData, ...secret }: ApiObject): ApiObject {
  const encoded = Object.entries(asObject(stringData)).map(([key, text]) => [
    key,
    Buffer.from(asText(text)).toString("base64"),
  ]);
  const data = { ...asObject(secret.data), ...Object.fromEntries(encoded) };
  return { type: "Opaque", ...secret, ...(Object.keys(data).length > 0 && { data }) } as ApiObject; // a secret as before, with data
}

function metadataProblems({ metadata }: ApiObject): Cause[] {
  const { name } = metadata;
  if (name === "") {
    return [
      {
        reason: "FieldValueRequired",
        field: "metadata.name",
        message: "Required value: name or generateName is required",
      },
    ];
  }
  const problems: Cause[] = [];
  if (name.length > 253 || !SUBDOMAIN.test(name)) {
    const rule =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
    problems.push({
      reason: "FieldValueInvalid",
      field: "metadata.name",
      message: `Invalid value: "${name}": ${rule}`,
    });
  }
  for (const [field, entries] of Object.entries({ labels: metadata.labels, annotations: metadata.annotations })) {
    problems.push(...mapProblems(`metadata.${field}`, entries, field === "labels"));
  }
  return problems;
}

function mapProblems(field: string, entries: unknown, areLabels: boolean): Cause[] {
  if (entries === undefined || entries === null) return [];
  if (!isObject(entries)) return [{ reason: "FieldValueInvalid", field, message: "Invalid value: must be a map" }];
  return Object.entries(entries).flatMap(([key, value]): Cause[] => {
    const bad = (what: unknown, rule: string): Cause[] => [
      { reason: "FieldValueInvalid", field, message: `Invalid value: ${JSON.stringify(what)}: ${rule}` },
    ];
    if (!QUALIFIED.test(key.toLowerCase()))
      return bad(key, "name part must consist of alphanumeric characters, '-', '_' or '.'");
    if (typeof value !== "string") return bad(value, "must be text");
    if (areLabels && !LABEL_VALUE.test(value))
      return bad(value, "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'");
    return [];
  });
}
