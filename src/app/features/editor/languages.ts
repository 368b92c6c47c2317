/** The language of a file by its name; each is loaded when a file of it is first opened. */

import { type LanguageSupport, StreamLanguage, type StreamParser } from "@codemirror/language";
import { baseName, extensionOf } from "../../core/paths.ts";

type Load = () => Promise<LanguageSupport | StreamLanguage<unknown>>;

const legacy =
  (load: () => Promise<StreamParser<unknown>>): Load =>
  async () =>
    StreamLanguage.define(await load());

const python: Load = async () => (await import("@codemirror/lang-python")).python();
const javascript =
  (options: { typescript?: boolean; jsx?: boolean }): Load =>
  async () =>
    (await import("@codemirror/lang-javascript")).javascript(options);
const markdown: Load = async () => (await import("@codemirror/lang-markdown")).markdown();
const html: Load = async () => (await import("@codemirror/lang-html")).html();
const shell = legacy(async () => (await import("@codemirror/legacy-modes/mode/shell")).shell);
const cpp = legacy(async () => (await import("@codemirror/legacy-modes/mode/clike")).cpp);
const yaml = legacy(async () => (await import("@codemirror/legacy-modes/mode/yaml")).yaml);
const stex = legacy(async () => (await import("@codemirror/legacy-modes/mode/stex")).stex);

/** A map of the rows: of an object, a file called `constructor` would find what every object has. */
const tableOf = (rows: Readonly<Record<string, Load>>): ReadonlyMap<string, Load> => new Map(Object.entries(rows));

const BY_EXTENSION = tableOf({
  py: python,
  pyx: python,
  js: javascript({}),
  mjs: javascript({}),
  cjs: javascript({}),
  jsx: javascript({ jsx: true }),
  ts: javascript({ typescript: true }),
  tsx: javascript({ typescript: true, jsx: true }),
  json: async () => (await import("@codemirror/lang-json")).json(),
  ipynb: async () => (await import("@codemirror/lang-json")).json(),
  md: markdown,
  markdown,
  html,
  htm: html,
  css: async () => (await import("@codemirror/lang-css")).css(),
  sh: shell,
  bash: shell,
  c: cpp,
  h: cpp,
  cc: cpp,
  cpp,
  hpp: cpp,
  java: legacy(async () => (await import("@codemirror/legacy-modes/mode/clike")).java),
  yaml,
  yml: yaml,
  tex: stex,
  sty: stex,
  r: legacy(async () => (await import("@codemirror/legacy-modes/mode/r")).r),
  jl: legacy(async () => (await import("@codemirror/legacy-modes/mode/julia")).julia),
  rs: legacy(async () => (await import("@codemirror/legacy-modes/mode/rust")).rust),
  go: legacy(async () => (await import("@codemirror/legacy-modes/mode/go")).go),
  rb: legacy(async () => (await import("@codemirror/legacy-modes/mode/ruby")).ruby),
  sql: legacy(async () => (await import("@codemirror/legacy-modes/mode/sql")).standardSQL),
  toml: legacy(async () => (await import("@codemirror/legacy-modes/mode/toml")).toml),
  xml: legacy(async () => (await import("@codemirror/legacy-modes/mode/xml")).xml),
});
const BY_NAME = tableOf({
  Dockerfile: legacy(async () => (await import("@codemirror/legacy-modes/mode/dockerfile")).dockerFile),
  ".bashrc": shell,
  ".profile": shell,
});

/** The language of a path, or undefined for plain text. */
export async function languageOf(path: string): Promise<LanguageSupport | StreamLanguage<unknown> | undefined> {
  const name = baseName(path);
  return await (BY_NAME.get(name) ?? BY_EXTENSION.get(extensionOf(name)))?.();
}
