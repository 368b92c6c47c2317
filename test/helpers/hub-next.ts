/** A hub-next on a database of its own, and callers of its API that keep their cookie like a browser. */

import { randomBytes } from "node:crypto";
import type { Life } from "../../src/core/life.ts";
import type { Logger } from "../../src/core/log.ts";
import { type Metrics, openMetrics } from "../../src/core/metrics.ts";
import type { Db } from "../../src/db/db.ts";
import {
  type EndpointInput,
  type EndpointOutput,
  type EndpointPath,
  endpoints,
} from "../../src/protocol/api-v2-table.ts";
import { testLog } from "./log.ts";
import { startRole } from "./roles.ts";

export interface TestHub {
  origin: string;
  base: string;
  db: Db;
  metrics: Metrics;
  /** What `/readyz` would say. */
  problem(): string | undefined;
  /** A browser that is not signed in. */
  browser(): Browser;
  /** A browser with a new account. */
  signedUp(names?: Partial<EndpointInput<"auth/sign-up">>): Promise<Browser & { accountId: string; email: string }>;
}

interface HubOptions {
  env?: Record<string, string>;
  log?: Logger;
}

/** Starts the role on a free port. */
export async function startHub(life: Life, db: Db, { env = {}, log = testLog() }: HubOptions = {}): Promise<TestHub> {
  const metrics = openMetrics({ defaults: false });
  let check: () => string | undefined = () => undefined;
  const onReadiness = (added: typeof check) => {
    check = added;
  };
  const origin = await startRole(life, "hub-next", { db, env, log, metrics, onReadiness });
  const base = `${origin}${env.BASE_PATH ?? ""}`;
  const browser = () => new Browser(base);
  return {
    origin,
    base,
    db,
    metrics,
    problem: () => check(),
    browser,
    signedUp: (names) => signedUp(browser(), names),
  };
}

export const PASSWORD = "seven quiet walruses";

async function signedUp(browser: Browser, names: Partial<EndpointInput<"auth/sign-up">> = {}) {
  const email = names.email ?? `${randomBytes(6).toString("hex")}@example.org`;
  const wish = { email, password: PASSWORD, firstName: "Ada", lastName: "Lovelace", ...names };
  const { account_id } = await browser.call("auth/sign-up", wish);
  return Object.assign(browser, { accountId: account_id, email });
}

export interface ApiFailure {
  error: string;
  code: string;
}

/** Keeps the session cookie; sends what a browser's page of the site would send. */
export class Browser {
  readonly base: string;
  cookie: string | undefined;

  constructor(base: string) {
    this.base = base;
  }

  /** The answer, checked against its schema. @throws Error with the words and code of an error. */
  async call<P extends EndpointPath>(
    path: P,
    body: EndpointInput<P>,
    headers: Record<string, string> = {},
  ): Promise<EndpointOutput<P>> {
    const answer = await this.try(path, body, headers);
    if (typeof answer === "object" && answer !== null && "error" in answer) {
      throw Object.assign(new Error(String(answer.error)), { code: Reflect.get(answer, "code") });
    }
    return endpoints[path].output.parse(answer) as EndpointOutput<P>; // parsed by its own schema
  }

  /** Whatever is answered. */
  async try(path: string, body: unknown, headers: Record<string, string> = {}): Promise<unknown> {
    const response = await this.fetch(`/api/v2/${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", Origin: new URL(this.base).origin, ...headers },
    });
    return response.json();
  }

  /** The failure of a call that has to fail. */
  async refused(path: EndpointPath, body: unknown, headers: Record<string, string> = {}): Promise<ApiFailure> {
    const answer = await this.try(path, body, headers);
    if (typeof answer === "object" && answer !== null && "code" in answer) return answer as ApiFailure; // an error of the API
    throw new Error(`${path} was not refused: ${JSON.stringify(answer).slice(0, 200)}`);
  }

  /** Sends a form as a page of the site does. */
  form(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch(path, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { Origin: new URL(this.base).origin, ...headers },
    });
  }

  /** One request with the cookie; redirects are not followed. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.cookie !== undefined) headers.set("Cookie", this.cookie);
    const response = await fetch(this.base + path, { redirect: "manual", ...init, headers });
    for (const set of response.headers.getSetCookie())
      this.cookie = /Max-Age=0/.test(set) ? undefined : set.split(";", 1)[0];
    return response;
  }
}
