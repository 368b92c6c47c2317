/** The role `static`: serves the built app under `/app` and its assets under `/static`; knows nobody and needs no database. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { setting } from "../../src/core/config.ts";
import { AppError } from "../../src/core/errors.ts";
import { serveHttp } from "../../src/net/serve/serve.ts";
import { forwardedConfig } from "../../src/net/visitor/forwarded.ts";
import { siteConfig } from "../../src/net/visitor/site.ts";
import { defineRole } from "../define-role.ts";
import { readAssets } from "./assets.ts";
import { staticHandler } from "./handler.ts";

const BUILT = "dist/app";

/** The build beside the sources, or beside the bundled program. */
const defaultFolder = fileURLToPath(new URL(`../../${BUILT}`, import.meta.url));

export default defineRole({
  name: "static",
  summary: "Serves the web app: its page under /app and its assets under /static.",
  needs: { http: true },
  config: z.object({
    ...siteConfig.shape,
    ...forwardedConfig.shape,
    folder: setting(
      "COCALC_APP_FOLDER",
      z.string().optional(),
      "Folder with the built app (made by `npm run build:app`); dist/app of the program unless it is named.",
    ),
  }),
  async start(life, { listen, log, addresses }, config) {
    const { folder = defaultFolder } = config;
    const [html, assets] = await Promise.all([
      readFile(join(folder, "index.html"), "utf8"),
      readAssets(join(folder, "assets")),
    ]).catch((cause) => {
      throw new AppError("unavailable", `There is no built app in ${folder}: run \`npm run build:app\`.`, { cause });
    });
    const handle = staticHandler({ config, html, assets });
    const serving = await serveHttp(life, {
      name: "static",
      listen,
      log,
      requestTimeoutMs: 20_000, // nothing here takes a body
      handle,
    });
    addresses.announce("static", serving.origin);
  },
});
