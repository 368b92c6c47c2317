/** What a pod must be, what is filled in where it says nothing, and what of it may change. Pure. */

import { bytesOf, coresOf } from "../../core/quantities.ts";
import { qosOf } from "../../domain/project-pods/qos-rules.ts";
import type { PodSpec } from "../../kube/types.ts";
import { asObject, asObjects, asText, isObject, type Json, sameJson } from "./json.ts";
import type { Cause } from "./refusal.ts";
import type { ApiObject } from "./types.ts";

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** The pod with the defaults that the API server writes into it. */
export function withPodDefaults(pod: ApiObject): ApiObject {
  const spec = asObject(pod.spec);
  return {
    ...pod,
    spec: {
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      dnsPolicy: "ClusterFirst",
      securityContext: {},
      schedulerName: "default-scheduler",
      enableServiceLinks: true,
      ...spec,
      ...(Array.isArray(spec.containers) && { containers: spec.containers.map(withContainerDefaults) }),
    },
    status: { phase: "Pending", qosClass: podQos(spec) },
  };
}

function withContainerDefaults(value: unknown): unknown {
  if (!isObject(value)) return value;
  const image = asText(value.image);
  const latest = !/[:@][^/]*$/.test(image) || image.endsWith(":latest");
  const { requests, limits } = asObject(value.resources);
  const filled = { ...asObject(limits), ...asObject(requests) };
  return {
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: latest ? "Always" : "IfNotPresent",
    ...value,
    resources: { ...asObject(value.resources), ...(Object.keys(filled).length > 0 && { requests: filled }) },
  };
}

/** Its class of service; what is no amount counts as none. */
export function podQos({ containers, initContainers }: Json): string {
  return qosOf([...asObjects(containers), ...asObjects(initContainers)] as PodSpec["containers"]); // read leniently
}

/** Everything that is wrong with a new pod. */
export function podProblems({ spec }: ApiObject): Cause[] {
  if (!isObject(spec)) return [required("spec", "")];
  const containers = asObjects(spec.containers);
  if (containers.length === 0) return [required("spec.containers", "")];
  const volumes = new Set(asObjects(spec.volumes).map(({ name }) => asText(name)));
  return [
    ...uniqueNames(containers, "spec.containers"),
    ...uniqueNames(asObjects(spec.volumes), "spec.volumes"),
    ...containers.flatMap((container, i) => containerProblems(container, `spec.containers[${i}]`, volumes)),
    ...asObjects(spec.initContainers).flatMap((container, i) =>
      containerProblems(container, `spec.initContainers[${i}]`, volumes),
    ),
    ...oneOf(spec.restartPolicy, ["Always", "OnFailure", "Never"], "spec.restartPolicy"),
    ...notNegative(spec.terminationGracePeriodSeconds, "spec.terminationGracePeriodSeconds"),
  ];
}

function containerProblems(container: Json, field: string, volumes: Set<string>): Cause[] {
  const mounts = asObjects(container.volumeMounts);
  const paths = mounts.map(({ mountPath }) => asText(mountPath));
  return [
    ...(asText(container.image) === "" ? [required(`${field}.image`, "")] : []),
    ...mounts.flatMap(({ name, mountPath }, i) => [
      ...(volumes.has(asText(name)) ? [] : [wrong(`${field}.volumeMounts[${i}].name`, `Not found: "${asText(name)}"`)]),
      ...(asText(mountPath) === "" ? [required(`${field}.volumeMounts[${i}].mountPath`, "")] : []),
      ...(paths.indexOf(asText(mountPath)) < i
        ? [wrong(`${field}.volumeMounts[${i}].mountPath`, `Invalid value: "${mountPath}": must be unique`)]
        : []),
    ]),
    ...asObjects(container.env).flatMap(({ name }, i) =>
      asText(name) === "" ? [required(`${field}.env[${i}].name`, "")] : [],
    ),
    ...asObjects(container.ports).flatMap(({ containerPort }, i) =>
      Number.isInteger(containerPort) && Number(containerPort) > 0 && Number(containerPort) < 65_536
        ? []
        : [wrong(`${field}.ports[${i}].containerPort`, "Invalid value: must be between 1 and 65535, inclusive")],
    ),
    ...resourceProblems(asObject(container.resources), `${field}.resources`),
    ...["livenessProbe", "readinessProbe", "startupProbe"].flatMap((probe) =>
      probeProblems(container[probe], `${field}.${probe}`),
    ),
  ];
}

/** What is wrong with the resources of a container: amounts that are none, requests above their limits. */
export function resourceProblems({ requests, limits }: Json, field: string): Cause[] {
  const parse = (name: string, text: unknown) => (name === "cpu" ? coresOf(text) : bytesOf(text));
  const unreadable = Object.entries({ requests, limits }).flatMap(([kind, values]) =>
    Object.entries(asObject(values)).flatMap(([name, text]) =>
      parse(name, text) === undefined
        ? [
            wrong(
              `${field}.${kind}[${name}]`,
              `Invalid value: ${JSON.stringify(text)}: quantities must match a number with a suffix`,
            ),
          ]
        : [],
    ),
  );
  const above = Object.entries(asObject(requests)).flatMap(([name, text]) => {
    const limit = parse(name, asObject(limits)[name] ?? text);
    const request = parse(name, text);
    if (limit === undefined || request === undefined || request <= limit) return [];
    const most = String(asObject(limits)[name]);
    return [
      wrong(`${field}.requests`, `Invalid value: "${text}": must be less than or equal to ${name} limit of ${most}`),
    ];
  });
  return [...unreadable, ...above];
}

function probeProblems(probe: unknown, field: string): Cause[] {
  if (!isObject(probe)) return [];
  const handlers = ["exec", "httpGet", "tcpSocket", "grpc"].filter((kind) => isObject(probe[kind]));
  if (handlers.length === 0) return [required(field, "must specify a handler type")];
  if (handlers.length > 1) {
    return [{ reason: "FieldValueForbidden", field, message: "Forbidden: may not specify more than 1 handler type" }];
  }
  return ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"].flatMap(
    (name) => notNegative(probe[name], `${field}.${name}`),
  );
}

function uniqueNames(items: Json[], field: string): Cause[] {
  const names = items.map(({ name }) => asText(name));
  return names.flatMap((name, i): Cause[] => {
    if (name === "") return [required(`${field}[${i}].name`, "")];
    if (!DNS_LABEL.test(name)) {
      return [
        wrong(
          `${field}[${i}].name`,
          `Invalid value: "${name}": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'`,
        ),
      ];
    }
    if (names.indexOf(name) === i) return [];
    return [{ reason: "FieldValueDuplicate", field: `${field}[${i}].name`, message: `Duplicate value: "${name}"` }];
  });
}

function oneOf(value: unknown, allowed: string[], field: string): Cause[] {
  if (value === undefined || allowed.includes(asText(value))) return [];
  const supported = allowed.map((item) => `"${item}"`).join(", ");
  return [wrong(field, `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`)];
}

function notNegative(value: unknown, field: string): Cause[] {
  if (value === undefined || value === null || (Number.isInteger(value) && Number(value) >= 0)) return [];
  return [wrong(field, `Invalid value: ${JSON.stringify(value)}: must be greater than or equal to 0`)];
}

function required(field: string, why: string): Cause {
  return { reason: "FieldValueRequired", field, message: `Required value${why && `: ${why}`}` };
}

function wrong(field: string, message: string): Cause {
  return { reason: "FieldValueInvalid", field, message };
}

/** What a write changes of a pod's spec that it may not. */
export function forbiddenPodChanges(before: ApiObject, after: ApiObject): Cause[] {
  if (sameJson(changeless(before), changeless(after))) return [];
  const message =
    "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
  return [{ reason: "FieldValueForbidden", field: "spec", message }];
}

function changeless({ spec }: ApiObject): Json {
  const { activeDeadlineSeconds: _a, tolerations: _t, containers, initContainers, ...rest } = asObject(spec);
  const imageless = (list: unknown) => asObjects(list).map(({ image: _, ...container }) => container);
  return { ...rest, containers: imageless(containers), initContainers: imageless(initContainers) };
}
