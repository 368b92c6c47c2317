/** `npm run bench [NAME…]`: measures and prints ratios taken in one run, as a table. */

import { messageOf } from "../../src/core/errors.ts";
import { Life } from "../../src/core/life.ts";
import { ensureBuilt } from "./build.ts";
import { type Benchmark, type Figure, figuresTable } from "./report.ts";
import { ensureTools } from "./tools.ts";

const load: Record<string, () => Promise<{ benchmark: (life: Life) => Benchmark }>> = {
  roles: () => import("./roles.ts"),
  "first-answer": () => import("./first-answer.ts"),
  memory: () => import("./memory.ts"),
  app: () => import("./app.ts"),
  quotas: () => import("./quotas.ts"),
  starts: () => import("./starts.ts"),
  class: () => import("./class.ts"),
  manage: () => import("./manage.ts"),
  state: () => import("./state.ts"),
  writers: () => import("./writers.ts"),
  proxy: () => import("./proxy.ts"),
  sockets: () => import("./sockets.ts"),
  keystroke: () => import("./keystroke.ts"),
  prompt: () => import("./prompt.ts"),
  resize: () => import("./resize.ts"),
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in load));
if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(", ")}; there are ${Object.keys(load).join(", ")}.\n`);
  process.exit(2);
}

await ensureBuilt();
await ensureTools();
const figures: Figure[] = [];
let failed = 0;
for (const name of names.length > 0 ? names : Object.keys(load)) {
  const life = new Life(name);
  process.stdout.write(`${name} …\n`);
  try {
    const { benchmark } = await (load[name] ?? missing(name))();
    figures.push(...(await benchmark(life).run()));
  } catch (error) {
    failed += 1;
    process.stderr.write(`${name} could not be measured: ${error instanceof Error ? error.stack : messageOf(error)}\n`);
  }
  for (const error of await life.stop()) process.stderr.write(`${error.message}\n`);
}
process.stdout.write(`\n${figuresTable(figures)}\n`);
process.exit(failed === 0 ? 0 : 1);

function missing(name: string): never {
  throw new Error(`there is no benchmark ${name}`);
}
