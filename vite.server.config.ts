/** Bundles the executable: one entry, one lazy chunk per role, and beside them what cannot be bundled. The app has its own configuration. */

import { cp, mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { copyPackages } from "./scripts/copy-packages.ts";

export const outDir = "dist/server";

/** Packages that load native code or files of their own at run time; they are copied beside the bundle with all they need. */
export const external = ["@lydell/node-pty", "@node-rs/argon2", "node-pg-migrate", "pino", "pino-pretty"];

/** What stands beside the bundle: packages, migrations, and a package.json that says that these are ES modules. */
function besideTheBundle(): Plugin {
  return {
    name: "beside-the-bundle",
    async closeBundle() {
      const root = fileURLToPath(new URL(".", import.meta.url));
      await mkdir(`${root}/${outDir}`, { recursive: true });
      await copyPackages({ root, names: external, to: `${root}/${outDir}/node_modules` });
      await cp(`${root}/src/db/migrations`, `${root}/${outDir}/migrations`, { recursive: true });
      await writeFile(`${root}/${outDir}/package.json`, `${JSON.stringify({ type: "module", private: true })}\n`);
    },
  };
}

export default defineConfig({
  publicDir: false,
  plugins: [besideTheBundle()],
  // `src/local` finds its PostgreSQL by a name it makes up at run time; it is not part of an image.
  ssr: { noExternal: true, external },
  build: {
    ssr: true,
    outDir,
    emptyOutDir: true,
    target: "node24",
    minify: false,
    sourcemap: false,
    rolldownOptions: {
      input: { main: "src/main.ts", "make-code-cache": "src/boot/make-code-cache.ts" },
      // Flat, so that a file found relative to `import.meta.url` is found from every chunk.
      output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
    },
  },
});
