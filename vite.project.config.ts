/**
 * Bundles a project's server into one file beside the executable, which loads it with the code that V8 made of it: in a pod, how soon it
 * answers decides how soon a project runs. Runs after `vite.server.config.ts`, which empties the folder.
 */

import { defineConfig } from "vite";
import { minify, outDir, ssr } from "./vite.server.config.ts";

export default defineConfig({
  publicDir: false,
  ssr,
  build: {
    ssr: "src/boot/project-alone.ts",
    outDir,
    emptyOutDir: false,
    target: "node24",
    sourcemap: "hidden",
    rolldownOptions: {
      output: {
        format: "cjs",
        entryFileNames: "project.cjs",
        codeSplitting: false,
        minify,
      },
    },
  },
});
