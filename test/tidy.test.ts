import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Our own source files, as git knows them (those not yet added too). */
async function sourceFiles(): Promise<string[]> {
  const args = [
    "ls-files",
    "--cached",
    "--others",
    "--exclude-standard",
    "--",
    "src",
    "roles",
    "test",
    "scripts",
    "bin",
  ];
  const { stdout } = await promisify(execFile)("git", args, { cwd: root });
  return stdout.split("\n").filter((file) => /\.(ts|tsx|js)$/.test(file));
}

const files = await sourceFiles();
const texts = new Map(
  await Promise.all(
    files.map(async (file) => [file, await readFile(join(root, file), "utf8").catch(() => "")] as const),
  ),
);

const product = files.filter((file) => /^(src|roles)\//.test(file) && !/\.test\.tsx?$/.test(file));

/** What a file imports when it runs: types are erased and do not count. */
function importsOf(file: string): string[] {
  const text = texts.get(file) ?? "";
  const statics = [...text.matchAll(/^(?:import|export)\s+(?!type\b)([^;]*?\bfrom\s+)?"([^"]+)"/gms)].map(
    (match) => match[2],
  );
  const dynamics = [...text.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g)].map((match) => match[1]);
  return [...statics, ...dynamics]
    .filter((target): target is string => target !== undefined)
    .map((target) => (target.startsWith(".") ? normalize(join(dirname(file), target)) : target));
}

/** Also the types that a file imports. */
function namedBy(file: string): string[] {
  const targets = [...(texts.get(file) ?? "").matchAll(/^(?:import|export)\s[^;]*?\bfrom\s+"(\.[^"]+)"/gms)];
  return targets.map(([, target = ""]) => normalize(join(dirname(file), target)));
}

/** The part of the product that a file belongs to. */
function placeOf(file: string): string {
  const [top, second, third] = file.split("/");
  if (top === "src" && second?.includes(".")) return "main";
  if (top === "src" && second === "boot") return "main";
  if (top === "src" && second === "domain")
    return third?.includes(".") ? "domain" : file.endsWith("rules.ts") ? "rules" : "domain";
  if (top === "src") return second ?? "";
  if (top === "roles" && second?.includes(".")) return "registry";
  if (top === "roles") return second === "project" ? "project-role" : "role";
  return "package";
}

/** Which places each place may import; packages are looked at below. */
const MAY: Record<string, string[]> = {
  main: ["main", "registry", "project-role", "local", "core", "net", "db", "kube", "domain", "rules"],
  registry: ["registry", "role", "project-role", "core"],
  role: ["role", "registry", "domain", "rules", "db", "kube", "files", "net", "core", "protocol"],
  "project-role": ["project-role", "registry", "files", "text", "net", "core", "protocol"],
  files: ["files", "core", "protocol"],
  domain: ["domain", "rules", "db", "kube", "net", "core", "protocol"],
  rules: ["rules", "core", "protocol"],
  db: ["db", "core"],
  kube: ["kube", "core"],
  net: ["net", "core", "protocol"],
  local: ["local", "core", "protocol", "db", "kube", "domain", "rules"],
  protocol: ["protocol"],
  core: ["core"],
  text: ["text", "protocol"],
  app: ["app", "protocol", "rules", "text"],
};

test("imports follow the design", () => {
  const wrong = product.flatMap((file) =>
    importsOf(file)
      .filter((target) => /^(src|roles)\//.test(target))
      .filter((target) => !(MAY[placeOf(file)] ?? []).includes(placeOf(target)))
      .map((target) => `${file} → ${target}`),
  );
  expect(wrong).toEqual([]);
});

test("no file is imported in a circle, types included", () => {
  // A file is in no circle when all that it imports is in none: take those away until nothing more can be taken.
  const left = new Map(product.map((file) => [file, namedBy(file)]));
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const [file, targets] of left) if (!targets.some((target) => left.has(target))) left.delete(file);
  }
  expect([...left.keys()]).toEqual([]);
});

test("no two nouns of the domain import each other, types included", () => {
  const nounOf = (file: string) => /^src\/domain\/([^/]+)\//.exec(file)?.[1];
  const pairs = product.flatMap((file) => namedBy(file).map((target) => `${nounOf(file)} → ${nounOf(target)}`));
  const known = new Set(pairs.filter((pair) => !pair.includes("undefined")));
  const reversed = (pair: string) => pair.split(" → ").reverse().join(" → ");
  const mutual = [...known].filter((pair) => pair !== reversed(pair) && known.has(reversed(pair)));
  expect({ some: known.size > 10, mutual }).toEqual({ some: true, mutual: [] });
});

test("the houses of HTTP stand in one order: who asks knows neither of the others, and listening does not know passing on", () => {
  const houseOf = (file: string) => /^src\/net\/([^/]+)\//.exec(file)?.[1] ?? "";
  const MAY_NAME: Record<string, string[]> = { visitor: [], serve: ["visitor"], proxy: ["visitor", "serve"] };
  const wrong = product
    .filter((file) => houseOf(file) !== "")
    .flatMap((file) => namedBy(file).map((target) => ({ file, target, houses: [houseOf(file), houseOf(target)] })))
    .filter(({ houses: [own = "", other = ""] }) => other !== "" && other !== own && !MAY_NAME[own]?.includes(other))
    .map(({ file, target }) => `${file} → ${target}`);
  expect(wrong).toEqual([]);
});

test("no role imports another role", () => {
  const roleOf = (file: string) => /^roles\/([^/]+)\//.exec(file)?.[1];
  const wrong = product.flatMap((file) =>
    importsOf(file)
      .filter((target) => roleOf(file) !== undefined && roleOf(target) !== undefined && roleOf(file) !== roleOf(target))
      .map((target) => `${file} → ${target}`),
  );
  expect(wrong).toEqual([]);
});

test("features of the app never import each other", () => {
  const featureOf = (file: string) => /^src\/app\/features\/([^/]+)\//.exec(file)?.[1];
  const wrong = product.flatMap((file) =>
    importsOf(file)
      .filter((target) => featureOf(file) !== undefined && featureOf(target) !== undefined)
      .filter((target) => featureOf(file) !== featureOf(target))
      .map((target) => `${file} → ${target}`),
  );
  expect(wrong).toEqual([]);
});

test("the protocol needs zod alone", () => {
  const packages = product
    .filter((file) => placeOf(file) === "protocol")
    .flatMap(importsOf)
    .filter((target) => !target.startsWith("src/"));
  expect(new Set(packages)).toEqual(new Set(["zod"]));
});

test("what a project's server is bundled of holds neither another role nor the clients of database and cluster", () => {
  const reached = new Set(["src/boot/project-alone.ts"]);
  for (const file of reached) for (const target of importsOf(file)) reached.add(target);
  const places = ["db", "kube", "domain", "local", "role"];
  const wrong = [...reached].filter((file) => /^(src|roles)\//.test(file) && places.includes(placeOf(file)));
  const heavy = ["pg", "@kubernetes/client-node", "undici", "express", "commander"].filter((name) => reached.has(name));
  expect({ wrong, heavy }).toEqual({ wrong: [], heavy: [] });
});

test("a home as a place knows no sockets", () => {
  const wired = ["node:http", "node:https", "node:http2", "node:net", "node:tls", "socket.io", "express"];
  const wrong = product
    .filter((file) => placeOf(file) === "files")
    .flatMap((file) => importsOf(file).map((target) => `${file} → ${target}`))
    .filter((line) => wired.some((name) => line.endsWith(`→ ${name}`)));
  expect(wrong).toEqual([]);
});

test("the environment is read in one file, and servers are made in one folder", () => {
  const holding = (pattern: RegExp, allowed: RegExp) =>
    product.filter((file) => pattern.test(texts.get(file) ?? "") && !allowed.test(file));
  expect(holding(/process\.env/, /^src\/core\/env\.ts$|^src\/app\//)).toEqual([]);
  expect(
    holding(/\bcreate(Secure)?Server\(/, /^src\/net\/serve\/(serve|early-listener|free-port)\.ts$|^src\/local\//),
  ).toEqual([]);
  expect(holding(/process\.exit\(/, /^src\/(main|boot\/run-process)\.ts$/)).toEqual([]);
});

test("connections to the database are made where somebody hears of their loss", () => {
  const making = files.filter((file) => /\bnew pg\.(Client|Pool)\(/.test(texts.get(file) ?? ""));
  expect(making).toEqual(["src/db/client.ts", "src/db/db.ts"]);
});

test("what is exported is used by another file; the protocol is there to be read as a whole", async () => {
  const configs = ["vite.config.ts", "vite.server.config.ts", "vite.project.config.ts"];
  const others = await Promise.all(
    configs.map(async (file) => [file, await readFile(join(root, file), "utf8")] as const),
  );
  const namedIn = new Map<string, number>();
  for (const [, text] of [...texts, ...others]) {
    for (const word of new Set(text.match(/\w+/g))) namedIn.set(word, (namedIn.get(word) ?? 0) + 1);
  }
  const unused = files
    .filter((file) => !file.startsWith("src/protocol/"))
    .flatMap((file) => {
      const found = (texts.get(file) ?? "").matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm);
      return [...found].flatMap(([, name = ""]) => (namedIn.get(name) === 1 ? [`${file}: ${name}`] : []));
    });
  expect(unused).toEqual([]);
});

test("files are named in kebab case, begin by saying what they are for, and stay readable", () => {
  const named = files.filter((file) => !/^[a-z0-9.-]+$/.test(file.split("/").at(-1) ?? ""));
  const unsaid = product.filter((file) => !/^(\/\*\*|\/\/|#!)/.test(texts.get(file) ?? ""));
  const long = files.filter((file) => (texts.get(file) ?? "").split("\n").length > 401);
  expect({ named, unsaid, long }).toEqual({ named: [], unsaid: [], long: [] });
});

/** Functions and methods with their length: formatted code ends a body at the indentation of its first line. */
function functionsOf(file: string): { name: string; lines: number }[] {
  const lines = (texts.get(file) ?? "").split("\n");
  return lines.flatMap((line, start) => {
    const head =
      /^(\s*)(?:export )?(?:static )?(?:async )?(?:function\*? )?([#\w]+)(?:<.*>)?\((?:.*\{|\{?)$/.exec(line) ??
      /^(\s*)(?:export )?const (\w+) = (?:async )?\(.*(?:\(|\{)$/.exec(line);
    const [, indent = "", name = ""] = head ?? [];
    if (head === null || /^(if|for|while|switch|catch|return)$/.test(name)) return [];
    const same = lines
      .slice(start + 1)
      .filter((other) => other.startsWith(indent) && /[^\s]/.test(other[indent.length] ?? " "));
    const isCall = !line.endsWith("{") && !same[0]?.endsWith("{"); // parameters over several lines end with what opens the body
    if (isCall) return [];
    const end = lines.findIndex((other, at) => at > start && other.startsWith(`${indent}}`) && !other.endsWith("{"));
    return end === -1 ? [] : [{ name, lines: end - start + 1 }];
  });
}

test("no function is longer than a page", () => {
  const found = product.flatMap((file) => functionsOf(file).map((each) => ({ ...each, file })));
  expect(found.length).toBeGreaterThan(1_000);
  expect(found.filter(({ lines }) => lines > 70)).toEqual([]);
});

test("errors are known by their shape: those of the system may be of another realm", () => {
  const wrong = product
    .filter((file) => !file.startsWith("src/app/"))
    .filter((file) => /instanceof (Type)?Error\b/.test(texts.get(file) ?? ""));
  expect(wrong).toEqual([]);
});

test("nothing is left undone, switched off or bound to one machine", () => {
  const marks = files
    .filter((file) => file !== "test/tidy.test.ts")
    .flatMap((file) => {
      const lines = (texts.get(file) ?? "").split("\n");
      return lines.flatMap((line, index) =>
        /\b(TODO|FIXME|XXX|HACK)\b|\b(it|test|describe)\.(only|todo|failing)\b|\bx(it|describe)\(|(^|[^\w.])\/(root|work)\//.test(
          line,
        )
          ? [`${file}:${index + 1}: ${line.trim()}`]
          : [],
      );
    });
  expect(marks).toEqual([]);
});
