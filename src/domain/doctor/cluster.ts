/** The doctor's checks of the cluster: reachable, permissions, the two ConfigMaps, nodes for projects. */

import { isAppError } from "../../core/errors.ts";
import { configMaps, nodes } from "../../kube/resources.ts";
import { eachRight, type KubeRight, type KubeRights } from "../../kube/rights.ts";
import type { Kube } from "../../kube/types.ts";
import { offerOf, takesProjects } from "../project-pods/node-fit.ts";
import { type PlacementRules, placementOf } from "../project-pods/placement.ts";
import { type PodTemplate, parseTemplate, TEMPLATE_CONFIG_MAP } from "../project-pods/template.ts";
import { parseSoftware, SOFTWARE_CONFIG_MAP } from "../software/software.ts";
import { type Checked, check, well, wrong } from "./check.ts";

/** What the doctor itself does at the API server. */
export const doctorRights: KubeRights = {
  pods: ["get", "create", "delete"],
  "pods/log": ["get"],
  configmaps: ["get"],
  nodes: ["list"],
};

export function checkServer(kube: Kube): Promise<Checked> {
  return check("Kubernetes", "see that KUBECONFIG or the service account names a cluster that answers", async () =>
    well(`${await kube.serverVersion()}, namespace ${kube.namespace}`),
  );
}

/** `wanted`: what the roles and the doctor need, all told. */
export function checkPermissions(kube: Kube, wanted: () => Promise<KubeRights>): Promise<Checked> {
  const fix =
    "grant it to the service account of the manage roles: nodes, and pods of all namespaces, by a ClusterRole, all else by a Role in the namespace of the projects (docs/reference/roles.md has the whole list)";
  return check("permissions", fix, async () => {
    const rights = eachRight(await wanted());
    const answers = await Promise.all(rights.map(async (right) => ({ right, may: await kube.mayI(right) })));
    const missing = answers.filter(({ may }) => !may).map(({ right }) => nameOf(right));
    return missing.length === 0
      ? well(`all ${answers.length} are there`)
      : wrong(`missing: ${missing.join(", ")}`, fix);
  });
}

function nameOf({ verb, resource, subresource, namespaced }: KubeRight): string {
  const where = resource === "pods" && !namespaced ? " of all namespaces" : "";
  return `${verb} ${resource}${subresource === undefined ? "" : `/${subresource}`}${where}`;
}

/** Both ConfigMaps, parsed as a start would. */
export function checkConfigMaps(kube: Kube): Promise<Checked[]> {
  const parsers = { [TEMPLATE_CONFIG_MAP]: parseTemplate, [SOFTWARE_CONFIG_MAP]: parseSoftware };
  return Promise.all(
    Object.entries(parsers).map(([name, parse]) =>
      check(
        `ConfigMap ${name}`,
        `create or correct it (docs/administration.md tells what is in it): kubectl edit configmap ${name}`,
        async () => {
          parse((await kube.get(configMaps, name)).data);
          return well("there and valid");
        },
      ),
    ),
  );
}

export function checkNodes(kube: Kube, placement: () => PlacementRules): Promise<Checked> {
  const fix = "add a node for projects, or look why those there are take none: kubectl describe nodes";
  return check("nodes for projects", fix, async () => {
    const template = await templateForNodes(kube, placement());
    if (template === undefined)
      return wrong("not looked at, because no pod template says which are wanted", "mend that first");
    const { items } = await kube.list(nodes);
    const usable = items.filter((node) => takesProjects(offerOf(node), template));
    return usable.length > 0
      ? well(
          `${usable.length} of ${items.length}: ${usable
            .slice(0, 5)
            .map(({ metadata }) => metadata.name)
            .join(", ")}`,
        )
      : wrong(`none of ${items.length} nodes takes project pods now`, fix);
  });
}

/** Undefined where it is missing or wrong, which a check of its own tells. */
async function templateForNodes(kube: Kube, placement: PlacementRules): Promise<PodTemplate | undefined> {
  try {
    const template = parseTemplate((await kube.get(configMaps, TEMPLATE_CONFIG_MAP)).data);
    const placed = placementOf(template.spec, placement, { pool: undefined, gpu: false });
    return { ...template, spec: { ...template.spec, ...placed } };
  } catch (error) {
    if (isAppError(error, "invalid") || isAppError(error, "not_found")) return undefined;
    throw error;
  }
}
