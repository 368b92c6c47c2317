/** Bundles the executable: one entry, one lazy chunk per role, and beside them what cannot be bundled. The app has its own configuration. */

import { cp, mkdir, writeFile } from "node:fs/promises";
import http from "node:http";
import { resolve } from "node:path";
import { defineConfig, type Plugin, type SSROptions } from "vite";
import { copyPackages } from "./scripts/copy-packages.ts";

export const outDir = "dist/server";

/** Packages that load native code, files or large tables of their own at run time; they are copied beside the bundle with all they need. */
const external = [
  "@lydell/node-pty",
  "@napi-rs/xattr",
  "@node-rs/argon2",
  "iconv-lite",
  "node-pg-migrate",
  "pino",
  "pino-pretty",
];

/**
 * All but those is bundled, by the files that Node itself takes of each package, which are what the sources run with: a bundler by
 * itself takes another one (`module`) of some, with other exports.
 */
export const ssr: SSROptions = { noExternal: true, external, resolve: { mainFields: ["main"], conditions: ["node"] } };

/** Blanks and comments go, which every start would read and keep; names stay, for the sake of stacks in logs. */
export const minify = {
  compress: { keepNames: { function: true, class: true } },
  mangle: false,
  codegen: true,
};

/** What stands beside the bundle: packages, migrations, and a package.json that says that these are ES modules. */
function besideTheBundle(): Plugin {
  let folder = outDir;
  return {
    name: "beside-the-bundle",
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    async closeBundle() {
      const root = import.meta.dirname;
      await mkdir(folder, { recursive: true });
      await copyPackages({ root, names: external, to: `${folder}/node_modules` });
      await cp(`${root}/src/db/migrations`, `${folder}/migrations`, { recursive: true });
      await writeFile(`${folder}/package.json`, `${JSON.stringify({ type: "module", private: true })}\n`);
    },
  };
}

/**
 * `node:http` without its getters. An `import` of it reads them all, and one loads a client of WebSockets that nobody wants: a fifth of
 * the start of a small role.
 */
function httpWithoutGetters(): Plugin {
  const id = "\0node-http";
  const plain = Object.entries(Object.getOwnPropertyDescriptors(http)).filter(([, { get }]) => get === undefined);
  const names = plain.map(([name]) => name).join(", ");
  return {
    name: "http-without-getters",
    enforce: "pre",
    resolveId: (source, _importer, { kind }) =>
      source === "node:http" && kind === "import-statement" ? id : undefined,
    load: (which) =>
      which === id
        ? `const http = process.getBuiltinModule("node:http"); export default http; export const { ${names} } = http;`
        : undefined,
  };
}

/** undici's connections without the rest of its index, which loads a `fetch` of its own, caches, and servers for tests. */
function undiciWithoutFetch(): Plugin {
  const id = "\0undici-connections";
  const from = (name: string) => `undici/lib/dispatcher/${name}.js`;
  return {
    name: "undici-without-fetch",
    enforce: "pre",
    resolveId: (source, importer) => (source === "undici" && !importer?.includes("/node_modules/") ? id : undefined),
    load: (which) =>
      which === id
        ? `import api from "undici/lib/api/index.js"; import Dispatcher from "${from("dispatcher")}";
           Object.assign(Dispatcher.prototype, api);
           export { default as Agent } from "${from("agent")}"; export { default as Client } from "${from("client")}";
           export { default as ProxyAgent } from "${from("proxy-agent")}";`
        : undefined,
  };
}

export default defineConfig({
  publicDir: false,
  plugins: [besideTheBundle(), httpWithoutGetters(), undiciWithoutFetch()],
  // `src/local` finds its PostgreSQL by a name it makes up at run time; it is not part of an image.
  ssr,
  build: {
    ssr: true,
    outDir,
    emptyOutDir: true,
    target: "node24",
    sourcemap: "hidden",
    rolldownOptions: {
      input: { main: "src/main.ts", "make-code-cache": "src/boot/make-code-cache.ts" },
      // Flat, so that a file found relative to `import.meta.url` is found from every chunk.
      output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js", minify },
    },
  },
});
