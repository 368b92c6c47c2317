/** The proxy: from a request to the project it wants, by who may, where it runs and what of it is wanted. */

import type { Duplex } from "node:stream";
import { AppError, messageOf, notFound } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import type { Logger } from "../../src/core/log.ts";
import type { Db } from "../../src/db/db.ts";
import type { Access } from "../../src/domain/access/access.ts";
import { touchProject } from "../../src/domain/projects/touch.ts";
import type { LatestStarts } from "../../src/domain/starts/latest-start.ts";
import type { HttpRequest, HttpResponse } from "../../src/net/http-message.ts";
import { tellable } from "../../src/net/serve/answers.ts";
import { dropRest } from "../../src/net/serve/drop-rest.ts";
import { endUpgrade } from "../../src/net/serve/last-words.ts";
import { sendError, wantsPage } from "../../src/net/serve/plain-page.ts";
import { DoneLog } from "./done-log.ts";
import { ENTER_PATH, enter, sendToProjectOrigin } from "./entering.ts";
import { Gate } from "./gate.ts";
import { OpenUpgrades } from "./open-upgrades.ts";
import { appOrigin, projectOrigin } from "./origins.ts";
import { signInLink } from "./pages.ts";
import { PassingOn, type PassingParts } from "./passing-on.ts";
import type { Reading, RequestReader } from "./reading.ts";
import { RequestsUnderWay } from "./requests-under-way.ts";
import type { Right } from "./rights.ts";
import { answerStart, sendStopped } from "./starting.ts";
import type { Target } from "./target.ts";
import type { Visit } from "./visit.ts";

export interface ProxyParts extends Omit<PassingParts, "onDone"> {
  db: Db;
  log: Logger;
  access: Access;
  starts: LatestStarts;
  reader: RequestReader;
}

export class ProjectProxy {
  readonly #parts: ProxyParts;
  readonly #gate: Gate;
  readonly #passingOn: PassingOn;
  readonly #openUpgrades: OpenUpgrades;
  readonly #underWay: RequestsUnderWay;

  constructor(life: Life, parts: ProxyParts) {
    this.#parts = parts;
    const { access, config: site } = parts;
    this.#gate = new Gate(life, { access, site, onUse: (accountId, projectId) => this.#note(accountId, projectId) });
    const doneLog = new DoneLog(parts);
    this.#passingOn = new PassingOn({ ...parts, onDone: (what) => doneLog.note(what) });
    this.#openUpgrades = new OpenUpgrades(site);
    this.#underWay = new RequestsUnderWay(site);
  }

  /** Answers a request, whatever comes. */
  handle(request: HttpRequest, response: HttpResponse): void {
    request.on("error", () => {}); // the client went away: the response's `close` tells
    this.#handle(request, response).then(
      (isPassedOn) => {
        if (!isPassedOn) dropRest(request, response); // of a stranger it would be waited for without an end
      },
      (error: unknown) => this.#answer(request, response, error),
    );
  }

  /** Answers or joins an upgrade, whatever comes. */
  upgrade(request: HttpRequest, socket: Duplex, head: Buffer): void {
    const fail = (thrown: unknown) => {
      const { status, message } = this.#tellable(thrown);
      endUpgrade(socket, status, message);
    };
    this.#upgrade(request, socket, head, fail).catch(fail);
  }

  /** For what is known from a moment ago nothing is waited for: the request goes on in the same turn. False: it was answered here. */
  async #handle(request: HttpRequest, response: HttpResponse): Promise<boolean> {
    const { whereabouts, reader } = this.#parts;
    const reading = reader.read(request);
    const { client, onOriginOf } = reading;
    if (onOriginOf !== undefined && request.url?.startsWith(ENTER_PATH)) {
      await enter(request, response, { ...this.#parts, client, projectId: onOriginOf });
      return false;
    }
    const target = targetIn(reading);
    const visit: Visit = { request, client, onOriginOf, target, isUpgrade: false };
    let right: Right;
    try {
      right = await this.#gate.rightOf(visit);
    } catch (error) {
      this.#refuse(visit, response, error);
      return false;
    }
    if (target.kind === "start") {
      await answerStart({ ...this.#parts, visit, right, response });
      return false;
    }
    const place = whereabouts.known(target.projectId) ?? (await whereabouts.of(target.projectId));
    const { ip } = place;
    if (ip === undefined) await sendStopped({ ...this.#parts, visit, right, place, response });
    else if (this.#isElsewhere(visit, right)) await this.#sendElsewhere(visit, right, response);
    else {
      this.#underWay.enter(response, right, target.projectId);
      const fail = (thrown: unknown) => this.#answer(request, response, thrown);
      await this.#passingOn.request({ visit, right, target, ip }, response, fail);
      return true;
    }
    return false;
  }

  async #upgrade(request: HttpRequest, socket: Duplex, head: Buffer, fail: (thrown: unknown) => void): Promise<void> {
    const { whereabouts, reader } = this.#parts;
    const reading = reader.read(request);
    const { client, onOriginOf } = reading;
    const target = targetIn(reading);
    const visit: Visit = { request, client, onOriginOf, target, isUpgrade: true };
    const right = await this.#gate.rightOf(visit);
    this.#openUpgrades.enter(socket, right.identity.accountId, target.projectId);
    if (target.kind === "start") throw notFound("There is no WebSocket here.");
    if (this.#isElsewhere(visit, right))
      throw notFound("Ports of projects are served on the project's own origin, not here.");
    const { ip } = await whereabouts.of(target.projectId);
    if (ip === undefined) throw new AppError("unavailable", "The project is not running; start it first.");
    await this.#passingOn.upgrade({ visit, right, target, ip }, socket, head, fail);
  }

  /** Do this project's web servers have an origin of their own, and the path form is not offered? */
  #isElsewhere({ onOriginOf, target, client }: Visit, { identity }: Right): boolean {
    if (onOriginOf !== undefined || (target.kind !== "web" && target.kind !== "named")) return false;
    const { portsOnAppOrigin } = this.#parts.config;
    if (portsOnAppOrigin !== "auto") return portsOnAppOrigin === "no";
    if (target.kind === "named" && identity.credential.kind === "session") return true; // a sandboxed page may not load its parts
    return projectOrigin(target.projectId, client, this.#parts.config) !== undefined;
  }

  /** Sends a browser on to the project's own origin. @throws AppError `not_found` where there is none. */
  #sendElsewhere({ request, target, client }: Visit, { identity }: Right, response: HttpResponse): Promise<void> {
    const { config, db } = this.#parts;
    const own = projectOrigin(target.projectId, client, config);
    if (own === undefined) {
      throw notFound(
        "This server needs an origin of the project's own, and this site has no domain for that. Its administrator has to set COCALC_PROJECT_DOMAIN.",
      );
    }
    return sendToProjectOrigin(request, response, { db, identity, projectId: target.projectId, own });
  }

  #note(accountId: string, projectId: string): void {
    const { db, log } = this.#parts;
    touchProject(db, { projectId, accountId }).catch((error: unknown) =>
      log.warn({ projectId, reason: messageOf(error) }, "use of a project was not noted"),
    );
  }

  #refuse({ request, client, onOriginOf }: Visit, response: HttpResponse, thrown: unknown): void {
    const { config } = this.#parts;
    const error = this.#tellable(thrown);
    const app = appOrigin(client, config);
    const url = request.url ?? "";
    const isStranger = error.code === "unauthenticated";
    if (isStranger && onOriginOf === undefined) {
      sendError(request, response, { error, more: signInLink(config.basePath, url) });
    } else if (isStranger && app !== undefined && request.method === "GET" && wantsPage(request)) {
      // Only the app's origin knows who is signed in: it sends the browser back here with a ticket.
      response.writeHead(302, { Location: app + url, "Cache-Control": "no-store", "Content-Length": 0 });
      response.end();
    } else sendError(request, response, { error });
  }

  #answer(request: HttpRequest, response: HttpResponse, thrown: unknown): void {
    const error = this.#tellable(thrown);
    if (response.headersSent) return void request.socket.destroy();
    sendError(request, response, { error });
    dropRest(request, response);
  }

  #tellable(error: unknown): AppError {
    return tellable(error, this.#parts.log, "a proxied request failed");
  }
}

function targetIn({ target }: Reading): Target {
  if (target === undefined) throw notFound("There is nothing at this address.");
  return target;
}
