/** The socket.io server of the hub: lets in who is signed in, by WebSocket alone, and knows each socket's identity. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Server as Engine } from "engine.io";
import { Server } from "socket.io";
import { AppError, forbidden, messageOf, notFound, unauthenticated, unavailable } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import { gauge, type Metrics } from "../../src/core/metrics.ts";
import { splitTarget } from "../../src/core/request-target.ts";
import { Tally } from "../../src/core/tally.ts";
import type { Db } from "../../src/db/db.ts";
import type { Access } from "../../src/domain/access/access.ts";
import type { Identity } from "../../src/domain/access/identity.ts";
import { checkWholeAccount } from "../../src/domain/access/key-limits.ts";
import { accountViews } from "../../src/domain/accounts/account-view.ts";
import type { ActionBudget } from "../../src/domain/projects/action-budget.ts";
import type { LatestStarts } from "../../src/domain/starts/latest-start.ts";
import { tellable } from "../../src/net/serve/answers.ts";
import { cutOffWhenBehind, type MostUnsent } from "../../src/net/serve/cut-off-when-behind.ts";
import { dropRest } from "../../src/net/serve/drop-rest.ts";
import { endUpgrade } from "../../src/net/serve/last-words.ts";
import { sendError } from "../../src/net/serve/plain-page.ts";
import { boundedParser } from "../../src/net/serve/socket-parser.ts";
import { cookieNames, isSecure, readCookies } from "../../src/net/visitor/cookies.ts";
import { type Client, clientOf } from "../../src/net/visitor/forwarded.ts";
import { mayUpgrade } from "../../src/net/visitor/same-origin.ts";
import { schemeOf } from "../../src/net/visitor/site.ts";
import type { HubEvents, HubRequests } from "../../src/protocol/hub-socket.ts";
import type { Audience, HubSocket, SocketState } from "./audience.ts";
import type { WebsocketConfig } from "./config.ts";
import { RequestBudgets } from "./request-budget.ts";
import { answerRequests } from "./requests.ts";

interface HubParts {
  db: Db;
  log: Logger;
  metrics: Metrics;
  access: Access;
  audience: Audience;
  starts: LatestStarts;
  actions: ActionBudget;
  config: WebsocketConfig;
}

/** Bytes of one message of a browser: requests are small. */
const MAX_MESSAGE = 100_000;
/** Longest silence, in ms, of who was let in before it says hello. */
const HELLO_WITHIN_MS = 15_000;
const MOST_UNSENT: MostUnsent = { bytes: 4 * 1024 * 1024, packets: 5_000 };

/** A connection that was let in. Its right may end before it says a word: it is registered from the first moment. */
interface Connection {
  identity: Identity;
  /** There once the browser has said hello. */
  browser?: HubSocket;
}

type EngineRequest = Parameters<Engine["handleRequest"]>[0];

export class HubServer {
  readonly #parts: HubParts;
  readonly #engine: Engine;
  readonly #io: Server<HubRequests, HubEvents, Record<string, never>, SocketState>;
  readonly #connected;
  readonly #connections = new WeakMap<IncomingMessage, Connection>();
  /** How many of each account are open, from the moment they are let in: also those over which no browser has said a word yet. */
  readonly #open = new Tally();
  readonly #budgets = new RequestBudgets();

  constructor(parts: HubParts) {
    this.#parts = parts;
    this.#engine = new Engine({
      transports: ["websocket"],
      maxHttpBufferSize: MAX_MESSAGE,
      pingInterval: 25_000,
      pingTimeout: 20_000,
      perMessageDeflate: false,
      httpCompression: false,
    });
    this.#io = new Server({
      serveClient: false,
      connectTimeout: HELLO_WITHIN_MS,
      parser: boundedParser({ attachments: 0 }), // no request has a binary part
    });
    this.#io.bind(this.#engine);
    this.#io.on("connection", (socket) => this.#welcome(socket));
    this.#connected = gauge(parts.metrics, { name: "cocalc_hub_sockets", help: "Browsers connected." });
  }

  /** Lets every browser go. */
  async close(): Promise<void> {
    this.#io.disconnectSockets(true);
    await this.#io.close();
  }

  /** Nothing is served over plain HTTP; who is not signed in is told so first. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    request.on("error", () => {}); // the client went away: nothing is left to do
    const answer = async () => {
      const client = clientOf(request, this.#parts.config);
      await this.#identify(request, client);
      throw new AppError("invalid", "This address speaks WebSocket only.", { status: 426 });
    };
    answer().catch((error: unknown) => {
      sendError(request, response, { error: this.#tellable(error) });
      dropRest(request, response);
    });
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const since = this.#parts.access.revocations.moment();
    this.#admit(request)
      .then((identity) => {
        if (!socket.destroyed) this.#letIn(request, socket, { head, identity, since });
      })
      .catch((error: unknown) => {
        const { status, message } = this.#tellable(error);
        endUpgrade(socket, status, message);
      });
  }

  async #admit(request: IncomingMessage): Promise<Identity> {
    const { config } = this.#parts;
    const client = clientOf(request, config);
    const { path, search } = splitTarget(request.url);
    if (path !== `${config.basePath}/hub` && path !== `${config.basePath}/hub/`)
      throw notFound("There is no WebSocket here.");
    if (new URLSearchParams(search).has("sid")) throw new AppError("invalid", "Sessions begin with a WebSocket here.");
    if (!mayUpgrade(request.headers, `${schemeOf(config, client.proto)}://${client.host}`))
      throw forbidden("This page belongs to another site.");
    return this.#identify(request, client);
  }

  /** @throws AppError `unavailable` where there are too many already. */
  #letIn(
    request: IncomingMessage,
    socket: Duplex,
    { head, identity, since }: { head: Buffer; identity: Identity; since: number },
  ): void {
    const { access, config } = this.#parts;
    const { accountId } = identity;
    if (this.#open.size >= config.maxSockets || this.#open.of(accountId) >= config.maxSocketsPerAccount) {
      throw unavailable("There are too many connections here; close some tabs, or try again in a moment.");
    }
    const connection: Connection = { identity };
    this.#connections.set(request, connection);
    const leave = this.#open.add(accountId);
    const release = access.revocations.register({ identity, since, end: () => signOut(connection, socket) });
    socket.once("close", () => {
      leave();
      release();
    });
    this.#engine.handleUpgrade(request as EngineRequest, socket, head); // it adds its fields itself
  }

  async #identify(request: IncomingMessage, client: Client): Promise<Identity> {
    const { access, config } = this.#parts;
    const names = cookieNames({ basePath: config.basePath, secure: isSecure(config, client.proto) });
    const cookies = readCookies(request.headers.cookie);
    const credentials = { session: cookies[names.rememberMe], apiKey: cookies[names.apiKey] };
    const identity = await access.identify(credentials, client.address);
    if (identity === undefined) throw unauthenticated("You are not signed in, or your session has ended.");
    checkWholeAccount(identity);
    return identity;
  }

  #welcome(socket: HubSocket): void {
    const connection = this.#connections.get(socket.request);
    // Every way in goes through #letIn, and each hello costs a look into the database: one for each connection.
    if (connection === undefined || connection.browser !== undefined) return void socket.disconnect(true);
    cutOffWhenBehind(socket.conn, MOST_UNSENT);
    const { access, audience, db, log, starts, actions } = this.#parts;
    const { identity } = connection;
    connection.browser = socket;
    socket.data.identity = identity;
    audience.add(socket);
    this.#connected.set(audience.size);
    socket.on("disconnect", () => {
      audience.remove(socket);
      this.#connected.set(audience.size);
    });
    const budget = this.#budgets.ofSocket(identity.accountId);
    answerRequests(socket, { db, access, audience, starts, actions, log, budget });
    accountViews(db, [identity.accountId]).then(
      ([account]) => account !== undefined && socket.emit("account", account),
      (error: unknown) => {
        log.warn({ reason: messageOf(error) }, "an account could not be shown to its browser");
        socket.disconnect(true); // it comes again
      },
    );
  }

  #tellable(error: unknown): AppError {
    return tellable(error, this.#parts.log, "a browser could not be let in");
  }
}

/** Who has said hello, and not goodbye, is told why. */
function signOut({ browser }: Connection, socket: Duplex): void {
  if (!browser?.connected) return void socket.destroy();
  browser.emit("signed_out", { message: "Your session has ended. Sign in again." });
  browser.disconnect(true);
}
