/** Which page stands where. */

import { type Request, type RequestHandler, type Response, Router } from "express";
import { notFound } from "../../../src/core/errors.ts";
import { readForm } from "../api/read-body.ts";
import type { Hub } from "../hub.ts";
import { visitorOf } from "../visitor.ts";
import { signIn, signInPage, signOut, signOutPage, signUp, signUpPage } from "./auth.ts";
import type { FormContext } from "./form-pages.ts";
import { formValue } from "./forms.ts";
import { askPage, askReset, resetDone, resetPage, resetPassword, resetSent } from "./password-reset.ts";
import { about, landing, policies, policy } from "./site.ts";
import { verify, verifyDone, verifyPage } from "./verify.ts";

const MAX_TOKEN = 100;
type Show = (context: FormContext, request: Request) => void | Promise<void>;

export function pageRouter(hub: Hub): Router {
  const router = Router();
  const show = (page: Show) => async (request: Request, response: Response) =>
    page(await contextOf(hub, request, response), request);
  const form: RequestHandler = async (request, response, next) => {
    await readForm(request, response);
    next();
  };
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
  addLinkPages(router, show, form);
  router.use(() => {
    throw notFound("There is no such page on this site.");
  });
  return router;
}

/** Pages that a link with a secret leads to, and those before and after them: where they lead, nobody is told where from. */
function addLinkPages(router: Router, show: (page: Show) => RequestHandler, form: RequestHandler): void {
  router.use(["/auth/password-reset", "/auth/verify"], (_request, response, next) => {
    response.setHeader("Referrer-Policy", "strict-origin"); // none at all would make browsers send `Origin: null` with the forms
    next();
  });
  const tokenIn = (request: Request) => String(request.params.token).slice(0, MAX_TOKEN);
  router.get(
    "/auth/password-reset",
    show((context) => askPage(context)),
  );
  router.post("/auth/password-reset", form, show(askReset));
  router.get("/auth/password-reset/sent", show(resetSent));
  router.get("/auth/password-reset/done", show(resetDone));
  router.get(
    "/auth/password-reset/:token",
    show((context, request) => resetPage(context, tokenIn(request))),
  );
  router.post(
    "/auth/password-reset/:token",
    form,
    show((context, request) => resetPassword(context, tokenIn(request))),
  );
  router.get("/auth/verify/done", show(verifyDone));
  router.get(
    "/auth/verify/:token",
    show((context, request) => verifyPage(context, request.query.email)),
  );
  router.post(
    "/auth/verify/:token",
    form,
    show((context, request) => verify(context, tokenIn(request))),
  );
}

async function contextOf(hub: Hub, request: Request, response: Response): Promise<FormContext> {
  const [visitor, settings] = await Promise.all([visitorOf(hub, request), hub.settings.values()]);
  response.locals.logged = { account_id: visitor.identity?.accountId };
  hub.calls.take(visitor);
  const form: unknown = request.body ?? {};
  const next = request.method === "POST" ? formValue(form, "next") : request.query.next;
  return { hub, visitor, settings, request, response, next, form };
}
