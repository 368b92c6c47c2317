import { expect, test } from "@jest/globals";
import { html } from "./html.ts";
import { safeNext } from "./safe-next.ts";

test("what is put into HTML is escaped, but for HTML", () => {
  const evil = `"><script>alert('1')</script>&`;
  expect(html`<a href="${evil}">${[html`<b>${1}</b>`, null, false, undefined, evil]}</a>`.toString()).toBe(
    '<a href="&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;"><b>1</b>&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;</a>',
  );
});

test("`next` stays on the site and below its base path", () => {
  expect(safeNext("/app?x=1#y", "")).toBe("/app?x=1#y");
  expect(safeNext("/cocalc/app", "/cocalc")).toBe("/cocalc/app");
  for (const next of [
    "/app",
    "/cocalcevil",
    "/cocalc/../app",
    "//evil.example",
    "",
    "app",
    undefined,
    ["/app"],
    `/${"x".repeat(3_000)}`,
  ]) {
    expect({ next, to: safeNext(next, "/cocalc") }).toEqual({ next, to: undefined });
  }
});
