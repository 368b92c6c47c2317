/** Which page stands where. */

import express, { type Request, type Response, Router } from "express";
import { notFound } from "../../../src/core/errors.ts";
import type { Hub } from "../hub.ts";
import { visitorOf } from "../visitor.ts";
import { type FormContext, signIn, signInPage, signOut, signOutPage, signUp, signUpPage } from "./auth.ts";
import { formValue } from "./forms.ts";
import { about, landing, policies, policy } from "./site.ts";

const MAX_FORM = "32kb";
type Show = (context: FormContext, request: Request) => void | Promise<void>;

export function pageRouter(hub: Hub): Router {
  const router = Router();
  const show = (page: Show) => async (request: Request, response: Response) =>
    page(await contextOf(hub, request, response), request);
  const form = express.urlencoded({ extended: false, limit: MAX_FORM, parameterLimit: 50 });
  router.get("/", show(landing));
  router.get("/info", show(about));
  router.get("/policies", show(policies));
  router.get(
    "/policies/:name",
    show((context, request) => policy(context, String(request.params.name))),
  );
  router.get(
    "/auth/sign-in",
    show((context) => signInPage(context)),
  );
  router.get(
    "/auth/sign-up",
    show((context) => signUpPage(context)),
  );
  router.get("/auth/sign-out", show(signOutPage));
  router.post("/auth/sign-in", form, show(signIn));
  router.post("/auth/sign-up", form, show(signUp));
  router.post("/auth/sign-out", form, show(signOut));
  router.use(() => {
    throw notFound("There is no such page on this site.");
  });
  return router;
}

async function contextOf(hub: Hub, request: Request, response: Response): Promise<FormContext> {
  const [visitor, settings] = await Promise.all([visitorOf(hub, request), hub.settings.values()]);
  response.locals.logged = { account_id: visitor.identity?.accountId };
  const form: unknown = request.body ?? {};
  const next = request.method === "POST" ? formValue(form, "next") : request.query.next;
  return { hub, visitor, settings, request, response, next, form };
}
