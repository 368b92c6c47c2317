/** The doctor's check of the storage: a short-lived pod with the projects' volumes, user and image writes where homes are. */

import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { configMaps, pods } from "../../kube/resources.ts";
import type { Container, Kube, Pod } from "../../kube/types.ts";
import { mainContainer } from "../project-pods/container-rules.ts";
import type { Explanation } from "../project-pods/explanation-rules.ts";
import type { PlacementRules } from "../project-pods/placement.ts";
import { explainPod } from "../project-pods/reasons.ts";
import { renderPod } from "../project-pods/render.ts";
import { parseTemplate, TEMPLATE_CONFIG_MAP } from "../project-pods/template.ts";
import { runQuota } from "../quotas/rules.ts";
import { environmentFor, parseSoftware, SOFTWARE_CONFIG_MAP } from "../software/software.ts";
import { type Checked, check, type Finding, well, wrong } from "./check.ts";

const FIX =
  "the volume of the claim projects-data has to be writable for user and group 2001 (fsGroup, or chown 2001:2001)";
const DESCRIBE = "look what keeps pods from running: kubectl describe pod, of any project that starts";
const FIXES: Partial<Record<string, string>> = {
  image_pull_failed: "correct registry and tag in the ConfigMap project-image, or let the nodes fetch that image",
  volume_failed: "see that the claims projects-data and projects-software are bound: kubectl get pvc",
  no_room: "add a node, or stop projects",
};
const DEADLINE_MS = 90_000;
const EVERY_MS = 250;

/** Variables that a path of a mount begins are mapped by the local kubelet, too. */
const SCRIPT = [
  'echo "uid $(id -u)"',
  'folder="$PROBE_HOME/projects/.doctor-$PROBE_ID"',
  'mkdir -p "$folder" && echo well > "$folder/file" && cat "$folder/file" && rm -r "$folder"',
].join("\n");

export function checkStorage(kube: Kube, placement: PlacementRules): Promise<Checked> {
  return check("storage", FIX, async () => {
    const probe = await probePod(kube, placement);
    await kube.create(pods, probe);
    try {
      return await outcome(kube, probe.metadata.name);
    } finally {
      await kube.delete(pods, probe.metadata.name, { gracePeriodSeconds: 0 });
    }
  });
}

/** The pod of a project that does not exist, with its home's whole volume in place of one home, and our script in place of the server. */
async function probePod(kube: Kube, placement: PlacementRules): Promise<Pod> {
  const [template, software] = await Promise.all([
    kube.get(configMaps, TEMPLATE_CONFIG_MAP),
    kube.get(configMaps, SOFTWARE_CONFIG_MAP),
  ]);
  const id = randomUUID();
  const quota = runQuota({ defaultQuotas: {}, maxUpgrades: {}, settings: {}, upgrades: [], licenses: [] });
  const { spec } = renderPod({
    template: parseTemplate(template.data),
    environment: environmentFor(parseSoftware(software.data), null),
    projectId: id,
    ticket: 0,
    requestTime: "",
    quota,
    env: {},
    hubKeys: {},
    basePath: "",
    placement,
  });
  const main = mainContainer(spec.containers);
  if (main === undefined) throw new Error("the pod template has no container");
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `doctor-${id}`, labels: { run: "doctor" } },
    spec: { ...spec, restartPolicy: "Never", activeDeadlineSeconds: 120, containers: [probeContainer(main, id)] },
  };
}

function probeContainer(main: Container, id: string): Container {
  const home = main.volumeMounts?.find(({ subPath }) => subPath?.startsWith("projects/"));
  if (home === undefined)
    throw new Error("the pod template mounts no home: no volume mount has the subPath projects/{project_id}");
  const { subPath: _one, ...whole } = home;
  const { image, imagePullPolicy, securityContext } = main;
  return {
    name: "doctor",
    ...(image && { image }),
    ...(imagePullPolicy !== undefined && { imagePullPolicy }),
    ...(securityContext !== undefined && { securityContext }),
    command: ["/bin/sh", "-c", SCRIPT],
    env: [
      { name: "PROBE_HOME", value: home.mountPath },
      { name: "PROBE_ID", value: id },
    ],
    resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "500m", memory: "128Mi" } },
    volumeMounts: [whole],
  };
}

async function outcome(kube: Kube, name: string): Promise<Finding> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const pod = await kube.get(pods, name);
    const { phase } = pod.status ?? {};
    if (phase === "Succeeded" || phase === "Failed") {
      const said = (await kube.podLog(name).catch(() => "")).trim().replaceAll("\n", ", ");
      return phase === "Succeeded"
        ? well(`a pod wrote into the projects' volume (${said})`)
        : wrong(`a pod cannot write: ${said}`, FIX);
    }
    const why = explainPod(pod);
    if (why?.reason === "image_pull_failed" || Date.now() > deadline) return didNotRun(why);
    await pause(EVERY_MS);
  }
}

/** A pod that never ran says nothing about the storage, unless the volume is what it waited for. */
function didNotRun(why: Explanation | undefined): Finding {
  const words = why === undefined ? "" : `: ${why.kubernetesReason || why.message}`;
  return wrong(`not known, because the pod that tries it did not run${words}`, FIXES[why?.reason ?? ""] ?? DESCRIBE);
}
