/** Brings the product onto a cluster: storage, database, migration, roles, in this order, and waits until all is Ready. */
import { access } from "./access.ts";
import { database } from "./database.ts";
import { projectConfiguration } from "./project-config.ts";
import { migration, roleDeployments, roles } from "./roles.ts";
import type { Manifest, Site } from "./site.ts";
import { storage } from "./storage.ts";

/** Runs kubectl with these arguments and this input. */
export type Kubectl = (args: string[], input?: string) => Promise<string>;

/** Deploys `site`; doing it again changes what differs. */
export async function deploy(kubectl: Kubectl, site: Site, say: (line: string) => void): Promise<void> {
  const { namespace } = site;
  const labels = { "kubernetes.io/metadata.name": namespace };
  await apply(kubectl, [{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } }]);
  await apply(kubectl, [...(await access(site)), ...storage(site), ...database(site), ...projectConfiguration(site)]);
  say("waiting for the database");
  await rolledOut(kubectl, namespace, ["postgres"]);
  say("migrating");
  await apply(kubectl, [migration(site)]);
  await kubectl(["wait", "-n", namespace, "--for=condition=complete", "job/migrate", "--timeout=180s"]);
  say("starting the roles");
  await apply(kubectl, roles(site));
  await rolledOut(kubectl, namespace, roleDeployments);
}

/** Removes all that `deploy` made. */
export async function undeploy(kubectl: Kubectl, site: Site): Promise<void> {
  const outside = [...(await access(site)), ...storage(site)].filter(
    ({ metadata }) => metadata.namespace === undefined,
  );
  await kubectl(["delete", "namespace", site.namespace, "--ignore-not-found", "--wait=true", "--timeout=120s"]);
  for (const { kind, metadata } of outside) {
    await kubectl(["delete", kind, metadata.name, "--ignore-not-found"]);
  }
}

async function apply(kubectl: Kubectl, items: Manifest[]): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items };
  await kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], JSON.stringify(list));
}

/** Waits until the Deployments have all their pods; when they do not, says what the pods say. */
async function rolledOut(kubectl: Kubectl, namespace: string, names: readonly string[]): Promise<void> {
  try {
    for (const name of names) {
      await kubectl(["rollout", "status", "-n", namespace, `deployment/${name}`, "--timeout=180s"]);
    }
  } catch (cause) {
    const pods = await kubectl(["get", "pods", "-n", namespace, "-o", "wide"]);
    const logs = await Promise.all(names.map((name) => lastWords(kubectl, namespace, name)));
    throw new Error(`Not all pods became Ready:\n${pods}\n${logs.join("\n")}`, { cause });
  }
}

async function lastWords(kubectl: Kubectl, namespace: string, app: string): Promise<string> {
  const args = ["logs", "-n", namespace, "-l", `app=${app}`, "--tail=8", "--prefix"];
  return kubectl(args).catch((error: unknown) => `${app}: ${error}`);
}
