/** The shared software, made writable for those who look after it. Pure. */

import type { Container, PodSpec } from "../../kube/types.ts";

/** Where all projects see it. */
const SOFTWARE_PATH = "/ext";

type Claim = { name: string; persistentVolumeClaim?: { claimName: string; readOnly?: boolean } };

/** The spec in which this container may write to the shared software; its other mounts, and other containers, stay as they are. */
export function withWritableSoftware(spec: PodSpec, main: Container | undefined): PodSpec {
  const mount = main?.volumeMounts?.find(({ mountPath }) => mountPath === SOFTWARE_PATH);
  if (main === undefined || mount === undefined) return spec;
  const mounts = main.volumeMounts?.map((one) => (one === mount ? { ...one, readOnly: false } : one));
  const { volumes = [] } = spec as { volumes?: Claim[] }; // as the API defines it
  return {
    ...spec,
    containers: spec.containers.map((one) =>
      one === main ? { ...main, ...(mounts && { volumeMounts: mounts }) } : one,
    ),
    volumes: volumes.map((one) => (one.name === mount.name ? writable(one) : one)),
  };
}

function writable(volume: Claim): Claim {
  const claim = volume.persistentVolumeClaim;
  return claim === undefined ? volume : { ...volume, persistentVolumeClaim: { ...claim, readOnly: false } };
}
