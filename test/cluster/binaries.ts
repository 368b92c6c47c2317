/** Builds the Kubernetes programs from their Go modules, once per version, into the user's cache; it starts none of them. */
import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { run } from "./command.ts";

const KUBERNETES = "1.34.4";
/** The name, in the cache, of the folder with the programs of Kubernetes. */
export const KUBERNETES_FOLDER = `kubernetes-${KUBERNETES}`;
const COREDNS = "1.15.0";
const KWOK = "0.8.0";
const PROGRAMS = ["kube-apiserver", "kubelet", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubectl"];

/** Where the programs of the control plane and the nodes are. */
export interface Binaries {
  kubernetes: string;
}

/** Returns where the programs are, building what is not in the cache (six to eight minutes on two cores). */
export async function ensureBinaries(say: (line: string) => void): Promise<Binaries> {
  const kubernetes = await cached(KUBERNETES_FOLDER, async (folder) => {
    say(`building Kubernetes ${KUBERNETES} from source, once: this takes some minutes`);
    await requireGo();
    await buildKubernetes(folder, say);
  });
  return { kubernetes };
}

/** Returns the folder with `coredns`, of which only the names of Kubernetes and the log of errors are built in. */
export function ensureCoreDns(say: (line: string) => void): Promise<string> {
  return cached(`coredns-${COREDNS}`, async (folder) => {
    say(`building CoreDNS ${COREDNS} from source, once`);
    await requireGo();
    await buildCoreDns(folder);
  });
}

/** Returns the folder with `kwok`, which keeps nodes and pods that are only said to be there. */
export function ensureKwok(say: (line: string) => void): Promise<string> {
  return cached(`kwok-${KWOK}`, async (folder) => {
    say(`building kwok ${KWOK} from source, once`);
    await requireGo();
    const source = join(folder, "source");
    await run("mkdir", ["-p", source]);
    await writeModule(source, "sigs.k8s.io/kwok", KWOK, []);
    await goBuild({ source, output: join(folder, "kwok"), target: "sigs.k8s.io/kwok/cmd/kwok", ldflags: "-s -w" });
  });
}

async function requireGo(): Promise<void> {
  await run("go", ["version"]).catch(() => {
    throw new Error("The cluster is built from Go modules and `go` was not found: install Go 1.26 or newer.");
  });
}

async function buildKubernetes(folder: string, say: (line: string) => void): Promise<void> {
  const source = join(folder, "source");
  await run("mkdir", ["-p", source]);
  const module = await downloadModule("k8s.io/kubernetes", KUBERNETES, source);
  const staging = await stagingModules(module.GoMod);
  const replaces = staging.map((name) => `replace ${name} => ${name} v0.${KUBERNETES.slice(2)}`);
  await writeModule(source, "k8s.io/kubernetes", KUBERNETES, replaces);
  for (const program of PROGRAMS) {
    say(`building ${program}`);
    await goBuild({
      source,
      output: join(folder, program),
      target: `k8s.io/kubernetes/cmd/${program}`,
      ldflags: versionFlags(),
    });
  }
}

const COREDNS_MAIN = `package main

import (
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/kubernetes"
)

func main() { coremain.Run() }
`;

async function buildCoreDns(folder: string): Promise<void> {
  const source = join(folder, "source");
  await run("mkdir", ["-p", source]);
  await downloadModule("github.com/coredns/coredns", COREDNS, source);
  await writeModule(source, "github.com/coredns/coredns", COREDNS, []);
  await writeFile(join(source, "main.go"), COREDNS_MAIN);
  await goBuild({ source, output: join(folder, "coredns"), target: ".", ldflags: "-s -w" });
}

interface DownloadedModule {
  GoMod: string;
}

async function downloadModule(name: string, version: string, cwd: string): Promise<DownloadedModule> {
  const answer = await run("go", ["mod", "download", "-json", `${name}@v${version}`], { cwd });
  return JSON.parse(answer) as DownloadedModule;
}

/** Kubernetes names its own libraries as v0.0.0, replaced by folders of its repository: these are their names. */
async function stagingModules(goMod: string): Promise<string[]> {
  await access(goMod);
  const parsed = JSON.parse(await run("go", ["mod", "edit", "-json", goMod])) as {
    Require: { Path: string; Version: string }[];
  };
  return parsed.Require.filter((entry) => entry.Version === "v0.0.0").map((entry) => entry.Path);
}

async function writeModule(source: string, name: string, version: string, replaces: string[]): Promise<void> {
  const lines = ["module cluster", "", "go 1.26.0", "", `require ${name} v${version}`, "", ...replaces, ""];
  await writeFile(join(source, "go.mod"), lines.join("\n"));
}

function versionFlags(): string {
  const packages = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"];
  const [major, minor] = KUBERNETES.split(".");
  const values = { gitVersion: `v${KUBERNETES}`, gitMajor: major, gitMinor: minor };
  const flags = packages.flatMap((name) => Object.entries(values).map(([key, value]) => `-X ${name}.${key}=${value}`));
  return ["-s", "-w", ...flags].join(" ");
}

interface GoBuild {
  source: string;
  output: string;
  target: string;
  ldflags: string;
}

async function goBuild(build: GoBuild): Promise<void> {
  const args = ["build", "-mod=mod", "-trimpath", "-ldflags", build.ldflags, "-o", build.output, build.target];
  await run("go", args, { cwd: build.source, env: { CGO_ENABLED: "0" }, timeoutMs: 40 * 60_000 });
}
