/** Objects as the tables that `kubectl get` prints. Pure but for the clock. */

import { asObject, asObjects, asText, at, type Json } from "./json.ts";
import type { ApiObject, ApiType } from "./types.ts";

interface Column {
  name: string;
  /** 0 is printed always, 1 with `-o wide`. */
  priority?: number;
  cell: (object: ApiObject) => string | number;
}

/** True when the client wants a table. */
export function wantsTable(accept: string): boolean {
  return accept.split(",")[0]?.includes("as=Table") ?? false;
}

/** A table of the objects; each row carries its object's metadata, or all of it. */
export function tableOf(
  type: ApiType,
  objects: ApiObject[],
  { include, metadata = {} }: { include: string | null; metadata?: Json },
): Json {
  const columns = COLUMNS[type.plural] ?? [name, age];
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: columns.map((column) => ({
      name: column.name,
      type: "string",
      format: column.name === "Name" ? "name" : "",
      description: "",
      priority: column.priority ?? 0,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object)),
      ...(include !== "None" && { object: include === "Object" ? object : partial(object) }),
    })),
  };
}

function partial({ metadata }: ApiObject): Json {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
}

const name: Column = { name: "Name", cell: ({ metadata }) => metadata.name };
const age: Column = { name: "Age", cell: ({ metadata }) => durationSince(metadata.creationTimestamp) };
const text = (columnName: string, path: string[], priority = 0): Column => ({
  name: columnName,
  priority,
  cell: (object) => asText(at(object, ...path)) || "<none>",
});
const count = (object: ApiObject) => Object.keys(asObject(object.data)).length;

const COLUMNS: Record<string, Column[]> = {
  pods: [
    name,
    { name: "Ready", cell: readyWords },
    { name: "Status", cell: podWords },
    { name: "Restarts", cell: restarts },
    age,
    text("IP", ["status", "podIP"], 1),
    text("Node", ["spec", "nodeName"], 1),
  ],
  nodes: [
    name,
    { name: "Status", cell: nodeWords },
    { name: "Roles", cell: () => "<none>" },
    age,
    text("Version", ["status", "nodeInfo", "kubeletVersion"]),
  ],
  configmaps: [name, { name: "Data", cell: count }, age],
  secrets: [name, text("Type", ["type"]), { name: "Data", cell: count }, age],
  namespaces: [name, text("Status", ["status", "phase"]), age],
  persistentvolumeclaims: [
    name,
    text("Status", ["status", "phase"]),
    text("Volume", ["spec", "volumeName"]),
    text("Capacity", ["status", "capacity", "storage"]),
    age,
  ],
  events: [
    {
      name: "Last Seen",
      cell: (event) => durationSince(asText(event.lastTimestamp) || event.metadata.creationTimestamp),
    },
    text("Type", ["type"]),
    text("Reason", ["reason"]),
    {
      name: "Object",
      cell: (event) =>
        `${asText(at(event, "involvedObject", "kind")).toLowerCase()}/${asText(at(event, "involvedObject", "name"))}`,
    },
    text("Message", ["message"]),
    { ...name, priority: 1 },
  ],
};

const statuses = (pod: ApiObject) => asObjects(at(pod, "status", "containerStatuses"));

function readyWords(pod: ApiObject): string {
  const ready = statuses(pod).filter((status) => status.ready === true).length;
  return `${ready}/${asObjects(at(pod, "spec", "containers")).length}`;
}

function restarts(pod: ApiObject): number {
  return statuses(pod).reduce((sum, { restartCount }) => sum + Number(restartCount ?? 0), 0);
}

function podWords(pod: ApiObject): string {
  const phase = asText(at(pod, "status", "reason")) || asText(at(pod, "status", "phase"));
  const reasons = statuses(pod).map(({ state }) => {
    const { waiting, terminated } = asObject(state);
    return asText(asObject(waiting).reason) || asText(asObject(terminated).reason);
  });
  const words = reasons.find((reason) => reason !== "") ?? phase;
  return pod.metadata.deletionTimestamp === undefined ? words : "Terminating";
}

function nodeWords(node: ApiObject): string {
  const ready = asObjects(at(node, "status", "conditions")).some(
    ({ type, status }) => type === "Ready" && status === "True",
  );
  const cordoned = at(node, "spec", "unschedulable") === true ? ",SchedulingDisabled" : "";
  return `${ready ? "Ready" : "NotReady"}${cordoned}`;
}

/** As kubectl writes ages: 45s, 12m, 5h, 3d. */
function durationSince(time: string | undefined): string {
  if (time === undefined) return "<unknown>";
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(time)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
