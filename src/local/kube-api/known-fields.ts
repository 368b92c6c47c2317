/** The fields that a pod may have, so that a typing error in a template is told here as a real API server tells it. Pure. */

import { asObjects, isObject, type Json } from "./json.ts";
import type { ApiObject } from "./types.ts";

const words = (text: string) => new Set(text.trim().split(/\s+/));

const METADATA = words(`name generateName namespace uid resourceVersion generation creationTimestamp deletionTimestamp
  deletionGracePeriodSeconds labels annotations ownerReferences finalizers managedFields selfLink`);
const POD = words("apiVersion kind metadata spec status");
const SPEC = words(`activeDeadlineSeconds affinity automountServiceAccountToken containers dnsConfig dnsPolicy
  enableServiceLinks ephemeralContainers hostAliases hostIPC hostNetwork hostPID hostUsers hostname imagePullSecrets
  initContainers nodeName nodeSelector os overhead preemptionPolicy priority priorityClassName readinessGates
  resourceClaims resources restartPolicy runtimeClassName schedulerName schedulingGates securityContext serviceAccount
  serviceAccountName setHostnameAsFQDN shareProcessNamespace subdomain terminationGracePeriodSeconds tolerations
  topologySpreadConstraints volumes hostnameOverride`);
const CONTAINER =
  words(`args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports readinessProbe
  resizePolicy resources restartPolicy restartPolicyRules securityContext startupProbe stdin stdinOnce
  terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts workingDir`);
const MOUNT = words("mountPath mountPropagation name readOnly recursiveReadOnly subPath subPathExpr");
const ENV = words("name value valueFrom");
const PORT = words("containerPort hostIP hostPort name protocol");
const PROBE = words(`exec failureThreshold grpc httpGet initialDelaySeconds periodSeconds successThreshold tcpSocket
  terminationGracePeriodSeconds timeoutSeconds`);
const RESOURCES = words("claims limits requests");
const TOLERATION = words("effect key operator tolerationSeconds value");

/** The fields of a pod that no pod has, as paths. */
export function unknownFields(pod: ApiObject): string[] {
  const spec = isObject(pod.spec) ? pod.spec : {};
  return [
    ...strangers(pod, POD, ""),
    ...strangers(pod.metadata, METADATA, "metadata."),
    ...strangers(spec, SPEC, "spec."),
    ...["containers", "initContainers"].flatMap((list) =>
      asObjects(spec[list]).flatMap((container, i) => inContainer(container, `spec.${list}[${i}].`)),
    ),
    ...items(spec.tolerations, TOLERATION, "spec.tolerations"),
  ];
}

function inContainer(container: Json, path: string): string[] {
  const probes = ["livenessProbe", "readinessProbe", "startupProbe"];
  return [
    ...strangers(container, CONTAINER, path),
    ...items(container.volumeMounts, MOUNT, `${path}volumeMounts`),
    ...items(container.env, ENV, `${path}env`),
    ...items(container.ports, PORT, `${path}ports`),
    ...strangers(container.resources, RESOURCES, `${path}resources.`),
    ...probes.flatMap((probe) => strangers(container[probe], PROBE, `${path}${probe}.`)),
  ];
}

function items(list: unknown, known: Set<string>, path: string): string[] {
  return asObjects(list).flatMap((item, i) => strangers(item, known, `${path}[${i}].`));
}

function strangers(object: unknown, known: Set<string>, path: string): string[] {
  if (!isObject(object)) return [];
  return Object.keys(object)
    .filter((field) => !known.has(field))
    .map((field) => `${path}${field}`);
}
