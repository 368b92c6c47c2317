/** Bytes that a browser is sent before the sign-in page and the list of projects can be used. */

import chromium from "@sparticuz/chromium";
import { type BrowserContext, chromium as playwright } from "playwright-core";
import type { Life } from "../../src/core/life.ts";
import { Person, startProduct } from "../helpers/product.ts";
import type { Benchmark, Figure } from "./report.ts";

const AIM_BYTES = 200_000;

export function benchmark(life: Life): Benchmark {
  return {
    name: "app",
    async run() {
      const { origin } = await startProduct(life);
      const browser = await playwright.launch({
        executablePath: await chromium.executablePath(),
        // Not the package's own flags, which make the browser one process that ends with its first context.
        args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        headless: true,
      });
      life.defer("browser", () => browser.close());
      const signIn = await bytesOf(await browser.newContext(), `${origin}/auth/sign-in`);
      const person = await Person.signUp(origin, "Ada");
      const signedIn = await browser.newContext({ extraHTTPHeaders: {} });
      await signedIn.addCookies(cookiesOf(person));
      const projects = await bytesOf(signedIn, `${origin}/app/projects`);
      return [figure("sign-in page", signIn, AIM_BYTES), figure("app, list of projects", projects)];
    },
  };
}

function cookiesOf({ cookie, origin }: Person) {
  return cookie.split("; ").map((pair) => {
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    return { name, value, url: origin };
  });
}

/** Bytes on the wire until the page has loaded and its network is quiet. */
async function bytesOf(context: BrowserContext, url: string): Promise<number> {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  let bytes = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await session.send("Network.enable");
  await page.goto(url, { waitUntil: "load" });
  await page.getByRole("heading").first().waitFor();
  await context.close();
  return bytes;
}

function figure(what: string, bytes: number, aim?: number): Figure {
  return {
    what: `bytes to first use: ${what}`,
    measured: `${(bytes / 1_000).toFixed(0)} KB`,
    how: "Chromium, empty cache, as sent (compressed), headers included",
    ...(aim === undefined ? {} : { aim: `≤ ${aim / 1_000} KB`, met: bytes <= aim, ratio: bytes / aim }),
  };
}
