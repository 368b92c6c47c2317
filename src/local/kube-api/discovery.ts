/** What the API says of itself: groups, resources, version, and as much of OpenAPI as kubectl needs to leave validation to us. */

import type { Json } from "./json.ts";
import { type ApiType, apiTypes } from "./types.ts";

/** The release of Kubernetes whose behaviour is followed. */
const VERSION = { major: "1", minor: "34", gitVersion: "v1.34.4+cocalc-local" };
const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const AUTHORIZATION = "authorization.k8s.io";

/** The answer to a discovery path; undefined for any other path. */
export function discovery(path: string): Json | undefined {
  return DOCUMENTS[path]?.();
}

const DOCUMENTS: Record<string, () => Json> = {
  "/version": () => ({
    ...VERSION,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: "",
    platform: `${process.platform}/${process.arch}`,
  }),
  "/api": () => ({ kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] }),
  "/api/v1": () => ({ kind: "APIResourceList", groupVersion: "v1", resources: apiTypes.flatMap(resourcesOf) }),
  "/apis": () => ({ kind: "APIGroupList", apiVersion: "v1", groups: [group()] }),
  [`/apis/${AUTHORIZATION}`]: () => ({ kind: "APIGroup", apiVersion: "v1", ...group() }),
  [`/apis/${AUTHORIZATION}/v1`]: () => ({
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: `${AUTHORIZATION}/v1`,
    resources: [
      {
        name: "selfsubjectaccessreviews",
        singularName: "selfsubjectaccessreview",
        namespaced: false,
        kind: "SelfSubjectAccessReview",
        verbs: ["create"],
      },
    ],
  }),
  "/openapi/v3": () => ({ paths: { "api/v1": { serverRelativeURL: "/openapi/v3/api/v1" } } }),
  "/openapi/v3/api/v1": openApi,
};

function group(): Json {
  const version = { groupVersion: `${AUTHORIZATION}/v1`, version: "v1" };
  return { name: AUTHORIZATION, versions: [version], preferredVersion: version };
}

function resourcesOf({ plural, singular, kind, namespaced, shortNames, subresources }: ApiType): Json[] {
  const inner = (name: string, verbs: string[]) => ({
    name: `${plural}/${name}`,
    singularName: "",
    namespaced,
    kind,
    verbs,
  });
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs: VERBS,
      ...(shortNames.length > 0 && { shortNames }),
      ...(plural === "pods" && { categories: ["all"] }),
    },
    ...subresources.map((name) => inner(name, ["get", "patch", "update"])),
    ...(plural === "pods" ? [inner("log", ["get"])] : []),
  ];
}

/** For each kind: its PATCH takes `fieldValidation`, which tells kubectl that the server checks fields. */
function openApi(): Json {
  const parameters = ["fieldValidation", "fieldManager", "dryRun"].map((name) => ({
    name,
    in: "query",
    schema: { type: "string" },
  }));
  const paths = apiTypes.map(({ plural, kind, namespaced }) => [
    `/api/v1/${namespaced ? "namespaces/{namespace}/" : ""}${plural}/{name}`,
    {
      patch: {
        parameters,
        responses: {},
        "x-kubernetes-action": "patch",
        "x-kubernetes-group-version-kind": { group: "", version: "v1", kind },
      },
    },
  ]);
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: VERSION.gitVersion },
    paths: Object.fromEntries(paths),
  };
}
