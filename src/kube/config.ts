/** Where the Kubernetes API is and how patient we are with it: the fragment of configuration of every role that uses it. */

import { z } from "zod";
import { hostName, port, setting, wholeNumber } from "../core/config.ts";

/** A label of RFC 1123, as Kubernetes asks for. */
const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export const kubeConfig = z.object({
  kubeconfig: setting(
    "KUBECONFIG",
    z.string().optional(),
    "Kubeconfig files, separated by colons, the first wins; without it the pod's service account, then ~/.kube/config.",
  ),
  namespace: setting(
    "COCALC_NAMESPACE",
    z
      .string()
      .regex(NAMESPACE, "must be the name of a namespace: up to 63 small letters, digits and inner hyphens")
      .optional(),
    "Namespace of the project pods; without it that of the service account or of the kubeconfig's context, then default.",
  ),
  context: setting(
    "COCALC_KUBE_CONTEXT",
    z.string().optional(),
    "Context of the kubeconfig; without it its current one.",
  ),
  serviceHost: setting(
    "KUBERNETES_SERVICE_HOST",
    hostName().optional(),
    "Host of the API server; Kubernetes sets it in every pod.",
  ),
  servicePort: setting(
    "KUBERNETES_SERVICE_PORT",
    port().default(443),
    "Port of the API server; Kubernetes sets it in every pod.",
  ),
  callDeadlineSeconds: setting(
    "COCALC_KUBE_CALL_DEADLINE_SECONDS",
    wholeNumber().min(1).max(600).default(30),
    "How long one call of the Kubernetes API may take, all tries together.",
  ),
  patienceSeconds: setting(
    "COCALC_KUBE_PATIENCE_SECONDS",
    wholeNumber().min(1).max(600).default(15),
    "How long a leader may not reach the Kubernetes API before a replica that does leads in its place.",
  ),
});

export type KubeConfig = z.infer<typeof kubeConfig>;
