/** Builds the app, the server bundle and the three images of a test's deployment. */
import { join } from "node:path";
import { runTool } from "../run.ts";
import { buildPostgresImage } from "./postgres-image.ts";
import { buildProductImage } from "./product-images.ts";

/** The OCI archives of one deployment. */
export interface Archives {
  service: string;
  project: string;
  postgres: string;
}

/** Bundles app and server into `dist`. */
export async function buildBundles(): Promise<void> {
  await vite("vite.config.ts");
  await vite("vite.server.config.ts");
  await vite("vite.project.config.ts");
}

async function vite(config: string): Promise<void> {
  const status = await runTool("node_modules/vite/bin/vite.js", ["build", "--config", config, "--logLevel", "warn"]);
  if (status !== 0) {
    throw new Error(`vite build --config ${config} failed, exit ${status}: its messages stand above.`);
  }
}

/** Builds the images from `dist` into `folder`. */
export async function buildImages(folder: string): Promise<Archives> {
  return {
    service: await buildProductImage("service", folder),
    project: await buildProductImage("project", folder),
    postgres: await buildPostgresImage(join(folder)),
  };
}
