import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { ODD_NAMES } from "../../../test/helpers/odd-names.ts";
import { toWire } from "../../files/places.ts";
import { pathOfSplat, splatOf } from "./file-address.ts";

/** What browsers and routers do to an address on its way. */
function onItsWay(splat: string): string {
  const { pathname } = new URL(`http://site/app/${splat.split("/").map(encodeURIComponent).join("/")}`);
  return decodeURIComponent(decodeURIComponent(pathname.replace(/\/{2,}/g, "/")))
    .slice("/app/".length)
    .trim();
}

test.each(ODD_NAMES)("a name with $odd survives the address", ({ bytes }) => {
  const name = toWire(bytes);
  for (const path of [name, `folder/${name}`, `${name}/a`, `/tmp/${name}`])
    expect(pathOfSplat(onItsWay(splatOf(path)))).toBe(path);
});

test("any path survives the address, and plain ones stand in it as they are", () => {
  const name = fc.string({ unit: "binary", minLength: 1 }).filter((one) => !one.includes("/") && one.isWellFormed());
  fc.assert(
    fc.property(fc.array(name, { minLength: 1 }), fc.boolean(), (names, isAbsolute) => {
      const path = (isAbsolute ? "/" : "") + names.join("/");
      expect(pathOfSplat(onItsWay(splatOf(path)))).toBe(path);
    }),
  );
  for (const plain of ["a b/c-d_e.tar.gz", "Übung 1/ملف.txt", "v1.0+x=(2)@home,!"]) expect(splatOf(plain)).toBe(plain);
});

test("an absolute path keeps its slash, and a folder its own", () => {
  expect(splatOf("/tmp/x")).toBe("~/tmp/x");
  expect(splatOf("~/x")).toBe("~7e/x");
  expect(pathOfSplat(splatOf("a/"))).toBe("a/");
  expect(pathOfSplat("")).toBe("");
});
