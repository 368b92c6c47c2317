import { expect, test } from "@jest/globals";
import { mayRequest, mayUpgrade, sourceOf } from "./same-origin.ts";
import { ownOriginOf } from "./site.ts";

const OWN = "https://cocalc.example";

test("a page of ours is known by what browsers send, and any sign of another site wins", () => {
  expect(sourceOf({ origin: OWN }, OWN)).toBe("same");
  expect(sourceOf({ origin: "https://CoCalc.example" }, OWN)).toBe("same");
  expect(sourceOf({ origin: "null", "sec-fetch-site": "same-origin" }, OWN)).toBe("same");
  expect(sourceOf({ origin: OWN, "sec-fetch-site": "same-site" }, OWN)).toBe("other");
  expect(sourceOf({ origin: "null" }, OWN)).toBe("other");
  expect(sourceOf({ origin: "https://evil.example", "sec-fetch-site": "same-origin" }, OWN)).toBe("other");
  expect(sourceOf({}, OWN)).toBe("unknown");
});

test("a page of the same host by another scheme counted as ours where no origin is configured", () => {
  const own = (proto: "http" | "https") => ownOriginOf({}, { address: "", proto, host: "LOCALHOST:8080" });
  expect(sourceOf({ origin: "http://localhost:8080" }, own("http"))).toBe("same");
  expect(sourceOf({ origin: "https://localhost:8080" }, own("http"))).toBe("other");
  expect(sourceOf({ origin: "http://localhost:8080" }, own("https"))).toBe("other");
  expect(sourceOf({ origin: "http://localhost:8081" }, own("http"))).toBe("other");
  expect(sourceOf({ origin: "null" }, own("http"))).toBe("other");
  expect(ownOriginOf({ origin: OWN }, { address: "", proto: "http", host: "elsewhere" })).toBe(OWN);
});

test("another site's page opens no socket; a program does", () => {
  expect(mayUpgrade({ origin: OWN }, OWN)).toBe(true);
  expect(mayUpgrade({}, OWN)).toBe(true);
  expect(mayUpgrade({ origin: "http://cocalc.example" }, OWN)).toBe(false);
  expect(mayUpgrade({ origin: OWN, "sec-fetch-site": "cross-site" }, OWN)).toBe(false);
});

test("another site may link to what only reads, and neither load it nor change anything", () => {
  const elsewhere = { "sec-fetch-site": "cross-site" };
  expect(mayRequest("GET", { ...elsewhere, "sec-fetch-mode": "navigate" }, OWN)).toBe(true);
  expect(mayRequest("GET", { ...elsewhere, "sec-fetch-mode": "no-cors" }, OWN)).toBe(false);
  expect(mayRequest("POST", { ...elsewhere, "sec-fetch-mode": "navigate" }, OWN)).toBe(false);
  expect(mayRequest("POST", { origin: "https://evil.example" }, OWN)).toBe(false);
  expect(mayRequest("POST", { origin: OWN, "sec-fetch-site": "same-origin" }, OWN)).toBe(true);
  expect(mayRequest("DELETE", {}, OWN)).toBe(true);
});
