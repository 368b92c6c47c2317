/** The two ConfigMaps that say what a project's pod is: the default template, and the environments of a test's site. */
import { defaultConfigMaps, type SoftwareToOffer } from "../../../src/domain/project-pods/default-template.ts";
import type { Manifest, Site } from "./site.ts";

/** Environments of the test's site: the real one, and one whose image is nowhere. */
export const MISSING_IMAGE = "missing";

export function projectConfiguration(site: Site): Manifest[] {
  return Object.entries(defaultConfigMaps(software(site))).map(([name, data]) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: site.namespace },
    data,
  }));
}

function software(site: Site): SoftwareToOffer {
  const [registry, tag] = splitImage(site.images.project);
  const environment = { registry, tag, title: "Test", descr: "The image built for the test." };
  // Nobody listens at that address, which belongs to nobody.
  const missing = { ...environment, title: "Missing", registry: "192.0.2.1:5999/nowhere" };
  return { default: "standard", environments: { standard: environment, [MISSING_IMAGE]: missing } };
}

function splitImage(image: string): [string, string] {
  const colon = image.lastIndexOf(":");
  return [image.slice(0, colon), image.slice(colon + 1)];
}
