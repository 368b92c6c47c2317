/** Installs the Debian packages that a cluster on this machine is made of, those that lack only. */
import { run, tryRun } from "./command.ts";

const PACKAGES = [
  "etcd-server",
  "containerd",
  "runc",
  "containernetworking-plugins",
  "iproute2",
  "iptables",
  "nftables",
  "conntrack",
  "openssl",
  "buildah",
  "mmdebstrap",
  "gcc",
  "libc6-dev",
];

/** Installs what lacks of the cluster's packages; needs root. */
export async function ensurePackages(say: (line: string) => void): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error("A cluster of one's own needs root: run this as root, or name a cluster with TEST_KUBECONFIG.");
  }
  const lacking = await lackingPackages();
  if (lacking.length === 0) {
    return;
  }
  say(`installing ${lacking.join(" ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const install = ["install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", ...lacking];
  await run("apt-get", ["update", "-q"], { env });
  await run("apt-get", install, { env });
}

async function lackingPackages(): Promise<string[]> {
  const known = await tryRun("sh", [
    "-c",
    `dpkg-query -W -f '\${Package} \${db:Status-Status}\n' "$@" 2>/dev/null || true`,
    "dpkg-query",
    ...PACKAGES,
  ]);
  const installed = new Set(known.split("\n").filter((line) => line.endsWith(" installed")));
  return PACKAGES.filter((name) => !installed.has(`${name} installed`));
}
