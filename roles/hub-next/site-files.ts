/** What stands at a fixed address of every site: customize and the manifest, robots.txt, the style sheet of the pages, and where older addresses lead. */

import { Router } from "express";
import { isOn } from "../../src/domain/settings/values.ts";
import { customization } from "./customization.ts";
import type { Hub } from "./hub.ts";
import { STYLE, STYLE_NAME } from "./style.ts";
import { visitorOf } from "./visitor.ts";

export function siteFilesRouter(hub: Hub): Router {
  const router = Router();
  router.get(`/${STYLE_NAME}`, (_request, response) => {
    response.setHeader("Cache-Control", "public, max-age=31536000, immutable");
    response.type("text/css").send(STYLE);
  });
  router.get("/customize", async (request, response) => {
    hub.calls.take(await visitorOf(hub, request));
    const custom = await customization(hub);
    if (request.query.type === "manifest") return void response.json(manifest(custom.configuration, hub.site.basePath));
    response.setHeader("Cache-Control", "no-cache");
    response.json(custom);
  });
  router.get("/robots.txt", async (_request, response) => {
    const mayIndex = isOn(await hub.settings.values(), "landing_pages");
    response
      .type("text/plain")
      .send(`User-agent: *\n${mayIndex ? "Disallow: /app\nDisallow: /api" : "Allow: /share\nDisallow: /"}\n`);
  });
  // Addresses as they were before the app had a place of its own: bookmarks go on working.
  router.get(["/projects{/*rest}", "/admin{/*rest}"], (request, response) => {
    response.redirect(302, `${hub.site.basePath}/app${request.url}`);
  });
  return router;
}

/** What a phone needs to put the app on its first screen. */
function manifest({ site_name, site_description, logo_square }: Record<string, unknown>, base: string) {
  return {
    name: site_name,
    short_name: site_name,
    description: site_description,
    start_url: `${base}/app/projects`,
    display: "minimal-ui",
    icons: logo_square === "" ? [] : [{ src: logo_square, sizes: "any" }],
  };
}
