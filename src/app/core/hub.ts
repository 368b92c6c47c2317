/** The browser's one connection to hub-websocket: the account, its projects and their starts, always as the hub last told them. */

import { io, type Socket } from "socket.io-client";
import type {
  AccountView,
  HubAnswer,
  HubAnswers,
  HubEvents,
  HubRequestName,
  HubRequests,
} from "../../protocol/hub-socket.ts";
import type { ProjectSummary } from "../../protocol/project.ts";
import type { ProjectStart } from "../../protocol/starts.ts";
import { feelPulse, onNetwork } from "./pulse.ts";
import { Reconnect, type ReconnectOptions, waitMs } from "./reconnect.ts";
import { offlineError, RequestError } from "./request-error.ts";
import { Store } from "./store.ts";

/** `blocked`: the site answers, but no WebSocket comes through. */
export type HubStatus = "connecting" | "online" | "offline" | "blocked";
type HubSocket = Socket<HubEvents, HubRequests>;
type Body<N extends HubRequestName> = Parameters<HubRequests[N]>[0];

const ANSWER_WITHIN_MS = 15_000;
const OFFLINE_AFTER_MS = 1_500;
/** So many refusals in a row, where the site itself answers, are no accident. */
const BLOCKED_AFTER = 3;

export interface HubOptions {
  /** Origin of the site; "" for the page's own. */
  origin?: string;
  path: string;
  /** The session is over, or there never was one. */
  onSignedOut: () => void;
  /** Asks whether the browser is signed in, when the socket is refused without a reason; undefined: it cannot be told. */
  signedIn: () => Promise<boolean | undefined>;
  /** Headers of the handshake, outside a browser. */
  headers?: Record<string, string>;
  /** How soon a lost connection is made again; tests are quicker. */
  reconnect?: ReconnectOptions;
}

/**
 * States: connecting → online ⇄ offline (or blocked), until `close`. After every (re)connect and every `resync` all projects are listed anew, and
 * what the list lacks is dropped; changes that arrive while it is being listed win over the list.
 */
export class HubConnection {
  readonly status = new Store<HubStatus>("connecting");
  readonly account = new Store<AccountView | undefined>(undefined);
  /** By project_id. */
  readonly projects = new Store<ReadonlyMap<string, ProjectSummary>>(new Map());
  /** The projects have been listed at least once. */
  readonly listed = new Store(false);
  readonly starts = new Store<ReadonlyMap<string, ProjectStart>>(new Map());
  readonly #socket: HubSocket;
  readonly #options: HubOptions;
  readonly #waits: ReconnectOptions;
  readonly #reconnect: Reconnect;
  readonly #forgetNetwork: () => void;
  #listing = 0;
  /** In a row. */
  #failedListings = 0;
  #listTimer: ReturnType<typeof setTimeout> | undefined;
  #changedWhileListing = new Set<string>();
  #offlineTimer: ReturnType<typeof setTimeout> | undefined;
  #leaveTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: HubOptions) {
    this.#options = options;
    const settings = {
      path: options.path,
      transports: ["websocket"],
      reconnection: false, // its back-off begins anew with every connection, also with one that is ended at once
      forceNew: true,
      ...(options.headers && { extraHeaders: options.headers }),
    };
    this.#socket = options.origin === undefined ? io(settings) : io(options.origin, settings);
    this.#waits = options.reconnect ?? { firstMs: 500, maxMs: 30_000 };
    this.#reconnect = new Reconnect(this.#socket, this.#waits);
    const pulse = feelPulse(this.#socket, "ping");
    this.#forgetNetwork = onNetwork({
      online: () => {
        this.#reconnect.soon();
        pulse.ask();
      },
      offline: () => pulse.ask(), // it may mean another network than the one of this site
    });
    this.#listen();
  }

  /** Asks the hub; waits for the connection a while if there is none now. */
  async request<N extends HubRequestName>(name: N, body: Body<N>): Promise<HubAnswers[N]> {
    const socket = this.#socket.timeout(ANSWER_WITHIN_MS);
    const emit = socket.emitWithAck.bind(socket) as unknown as (n: N, b: Body<N>) => Promise<HubAnswer<N>>; // one name at a time, where socket.io's type wants the union
    const answer = await emit(name, body).catch(() => {
      throw offlineError("The hub cannot be reached.");
    });
    if (!answer.ok) throw new RequestError(answer);
    return answer;
  }

  /** Reads one project and its latest start. */
  async look(projectId: string): Promise<void> {
    const { project, start } = await this.request("get_project", { project_id: projectId });
    this.#keepProject(project);
    if (start !== null) this.#keepStart(start);
  }

  close(): void {
    clearTimeout(this.#offlineTimer);
    clearTimeout(this.#leaveTimer);
    clearTimeout(this.#listTimer);
    this.#forgetNetwork();
    this.#socket.disconnect();
    this.#reconnect.rest();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on("connect", () => {
      clearTimeout(this.#offlineTimer);
      this.status.set("online");
      void this.#list();
    });
    socket.on("disconnect", (reason) => {
      clearTimeout(this.#leaveTimer);
      if (reason === "io client disconnect") return;
      this.#lost();
      this.#reconnect.lost();
    });
    socket.on("connect_error", (error) => void this.#refused(error));
    socket.on("account", (account) => this.account.set(account));
    socket.on("project", (project) => this.#keepProject(project));
    socket.on("project_removed", ({ project_id }) => this.#dropProject(project_id));
    socket.on("start", (start) => this.#keepStart(start));
    socket.on("resync", () => void this.#list());
    socket.on("draining", ({ within_ms }) => this.#leaveWithin(within_ms));
    socket.on("signed_out", () => this.#options.onSignedOut());
  }

  /** A short gap is nobody's business. */
  #lost(): void {
    clearTimeout(this.#offlineTimer);
    this.#offlineTimer = setTimeout(() => this.status.set("offline"), OFFLINE_AFTER_MS);
  }

  async #refused(error: Error & { data?: unknown }): Promise<void> {
    if (this.status.get() === "online") this.#lost();
    const data = error.data;
    const code = typeof data === "object" && data !== null && "code" in data ? data.code : undefined;
    if (code === "unauthenticated") return this.#options.onSignedOut();
    this.#reconnect.lost();
    const signedIn = await this.#options.signedIn();
    if (signedIn === false) return this.#options.onSignedOut();
    if (this.#socket.connected) return;
    const isBlocked = signedIn === true && code === undefined && this.#reconnect.losses >= BLOCKED_AFTER;
    this.status.set(isBlocked ? "blocked" : "offline");
  }

  /** This replica goes away: to another one, each page at its own time. */
  #leaveWithin(ms: number): void {
    clearTimeout(this.#leaveTimer);
    this.#leaveTimer = setTimeout(() => this.#socket.disconnect().connect(), Math.random() * ms);
  }

  async #list(): Promise<void> {
    const turn = ++this.#listing;
    clearTimeout(this.#listTimer);
    this.#changedWhileListing = new Set();
    const found = new Map<string, ProjectSummary>();
    let after: string | undefined;
    try {
      do {
        const page = await this.request("list_projects", { ...(after && { after }), limit: 500 });
        if (turn !== this.#listing) return;
        for (const project of page.projects) found.set(project.project_id, project);
        after = page.next ?? undefined;
      } while (after !== undefined);
    } catch {
      if (turn === this.#listing && this.#socket.connected) this.#listLater(); // the next connection lists again
      return;
    }
    this.#failedListings = 0;
    const before = this.projects.get();
    for (const id of this.#changedWhileListing) {
      const newer = before.get(id);
      if (newer === undefined) found.delete(id);
      else found.set(id, newer);
    }
    this.projects.set(found);
    this.listed.set(true);
    this.#reconnect.works();
    for (const id of this.starts.get().keys()) void this.look(id).catch(() => {}); // a start may have gone on unseen; the next change tells
  }

  /** While the database is away all pages fail at one moment: they do not come back at one. */
  #listLater(): void {
    this.#failedListings += 1;
    this.#listTimer = setTimeout(() => void this.#list(), waitMs(this.#failedListings, this.#waits));
  }

  #keepProject(project: ProjectSummary): void {
    this.#changedWhileListing.add(project.project_id);
    this.projects.update((all) => new Map(all).set(project.project_id, project));
  }

  #dropProject(projectId: string): void {
    this.#changedWhileListing.add(projectId);
    this.projects.update((all) => without(all, projectId));
  }

  #keepStart(start: ProjectStart): void {
    const known = this.starts.get().get(start.project_id);
    if (known !== undefined && known.ticket > start.ticket) return;
    this.starts.update((all) => new Map(all).set(start.project_id, start));
  }
}

function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}
