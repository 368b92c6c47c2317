/** Installs Debian packages that images, clusters and registries are made of, those that lack only. */
import { run, tryRun } from "./command.ts";

/** What builds images. */
const IMAGE_PACKAGES = ["buildah", "mmdebstrap", "gcc", "libc6-dev"];
/** What puts them into a registry, too. */
export const PUSH_PACKAGES = [...IMAGE_PACKAGES, "skopeo"];
/** What a cluster on this machine is made of. */
export const CLUSTER_PACKAGES = [
  ...IMAGE_PACKAGES,
  "etcd-server",
  "containerd",
  "runc",
  "containernetworking-plugins",
  "iproute2",
  "iptables",
  "nftables",
  "conntrack",
  "openssl",
];
/** What installations have before them. */
export const FRONT_PACKAGES = ["nginx-light"];
/** What serves images, as others' clusters have it. */
export const REGISTRY_PACKAGES = ["docker-registry"];

/** Installs what lacks of these packages; needs root. */
export async function ensurePackages(names: readonly string[], say: (line: string) => void): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error("Images and clusters are built as root, on Debian: run this as root.");
  }
  const lacking = await lackingPackages(names);
  if (lacking.length === 0) {
    return;
  }
  say(`installing ${lacking.join(" ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const install = ["install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", ...lacking];
  await run("apt-get", ["update", "-q"], { env });
  await run("apt-get", install, { env });
}

async function lackingPackages(names: readonly string[]): Promise<string[]> {
  const known = await tryRun("sh", [
    "-c",
    `dpkg-query -W -f '\${Package} \${db:Status-Status}\n' "$@" 2>/dev/null || true`,
    "dpkg-query",
    ...names,
  ]);
  const installed = new Set(known.split("\n").filter((line) => line.endsWith(" installed")));
  return names.filter((name) => !installed.has(`${name} installed`));
}
