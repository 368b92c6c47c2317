/** `npm run test:system`: the ring that needs a real cluster, one of our own or the one TEST_KUBECONFIG names; ends with one line that counts. */
import { environment } from "../../src/core/env.ts";
import { allMustRun, type Counts, runJest, type Surroundings } from "../run.ts";
import { deploy, undeploy } from "./deploy/deploy.ts";
import { forwardPorts, kubectlFor, openGivenCluster } from "./given-cluster.ts";
import { openOwnCluster } from "./own-cluster.ts";
import { TARGET_VARIABLE, type Target } from "./target.ts";

const startedAt = Date.now();

function say(line: string): void {
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  process.stdout.write(`[${String(seconds).padStart(4)} s] ${line}\n`);
}

/** How often etcd of our own cluster forgets old versions, so that a test can wait for it. */
const VERSIONS_KEPT_SECONDS = 10;

async function onOwnCluster(args: string[]): Promise<Counts> {
  const { cluster, target } = await openOwnCluster(say, VERSIONS_KEPT_SECONDS);
  const stop = stopOnSignal(() => cluster.stop());
  try {
    await deploy((words, input) => cluster.kubectl(words, input), target.site, say);
    const env = { ...jestEnv(target), TEST_KUBE_VERSIONS_KEPT_SECONDS: String(VERSIONS_KEPT_SECONDS) };
    const counts = await runTests(args, { env, enter: cluster.enter });
    // Whoever asks for some tests skips the others.
    return args.length === 0 ? allMustRun(counts) : counts;
  } finally {
    say("ending the cluster");
    await stop();
  }
}

async function onGivenCluster(kubeconfig: string, args: string[]): Promise<Counts> {
  const target = await openGivenCluster(kubeconfig, say);
  const kubectl = kubectlFor(kubeconfig);
  const forwarding = new AbortController();
  const stop = stopOnSignal(async () => {
    forwarding.abort();
    await undeploy(kubectl, target.site);
  });
  try {
    await deploy(kubectl, target.site, say);
    await forwardPorts(target, forwarding.signal);
    return await runTests(args, { env: jestEnv(target) });
  } finally {
    say("removing the deployment");
    await stop();
  }
}

function jestEnv(target: Target): Record<string, string> {
  return {
    TEST_KUBECONFIG: target.kubeconfig,
    TEST_POD_IMAGE: target.site.images.project,
    [TARGET_VARIABLE]: JSON.stringify(target),
  };
}

async function runTests(args: string[], surroundings: Surroundings): Promise<Counts> {
  say("testing");
  return runJest(["--config", "test/cluster/jest.config.mjs", ...args], surroundings);
}

/** Makes Ctrl-C undo what stands, too; the answer undoes it once, whoever calls. */
function stopOnSignal(undo: () => Promise<void>): () => Promise<void> {
  let undone: Promise<void> | undefined;
  const once = () => {
    undone ??= undo();
    return undone;
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void once().finally(() => process.exit(130)));
  }
  return once;
}

const args = process.argv.slice(2);
const given = environment().TEST_KUBECONFIG;
const counts = await (given === undefined ? onOwnCluster(args) : onGivenCluster(given, args)).catch(
  (error: unknown) => {
    console.error(error);
    return { passed: 0, failed: 1, skipped: 0 };
  },
);
say("done");
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);
