/** The shared documents of one project in this page: one for each path, held after its editor has closed until the server has all that was typed, and with its undo while its tab is there. */

import type { Move } from "../../protocol/moved-path.ts";
import type { SharedContent } from "../../text/shared-content.ts";
import type { DocumentKeeper } from "./document-keeper.ts";
import { DocumentProvider } from "./document-provider.ts";
import type { DocumentUser } from "./live-document.ts";
import type { ProjectConnection } from "./project-connection.ts";
import type { Tabs } from "./tabs.ts";

/** Who closed a tab and opens the file again within this time can still undo. */
const KEPT_AFTER_TAB_MS = 5 * 60_000;
/** Documents at rest, of those without a tab; the ones that rest longest go first. */
const MOST_WITHOUT_TAB = 10;

interface Options {
  connection: ProjectConnection;
  keeper: DocumentKeeper;
  /** What is in all of them. */
  content: SharedContent;
  /** Is there a file of this path? */
  exists: (path: string) => Promise<boolean>;
  /** Whose documents are kept after they were left; without them none is. */
  tabs?: Tabs;
  /** Told when it turns out that a file was moved while this page was away. */
  onMoved?: (move: Move) => void;
}

interface Wanted {
  path: string;
  /** Account and project. */
  space: string;
  user: DocumentUser;
}

interface Use {
  space: string;
  count: number;
  isResting: boolean;
  /** Runs when it rests and has no tab. */
  end?: ReturnType<typeof setTimeout> | undefined;
}

/**
 * A document is *shown* while somebody uses it; then it is *leaving* until the server has acknowledged everything, over any number of
 * reconnects; then it is *at rest*, unknown to the server, while it has a tab and for some minutes after; then it is closed. Whoever opens
 * it before that goes on with the very same one.
 */
export class OpenDocuments {
  readonly #options: Options;
  readonly #uses = new Map<DocumentProvider, Use>();

  constructor(options: Options) {
    this.#options = options;
    options.tabs?.list.subscribe(() => this.#tend());
  }

  /** The document of a path; give it back with `leave`. */
  open({ path, space, user }: Wanted): DocumentProvider {
    for (const [provider, use] of this.#uses) {
      if (provider.path.get() !== path || use.space !== space) continue;
      use.count += 1;
      use.isResting = false;
      this.#tend();
      provider.wake();
      return provider;
    }
    const { connection, keeper, content, onMoved } = this.#options;
    const provider = new DocumentProvider({ connection, keeper, content, path, space, user, onMoved });
    this.#uses.set(provider, { space, count: 1, isResting: false });
    return provider;
  }

  /** Gives a document back; resolves when it is at rest, closed, or used again. */
  async leave(provider: DocumentProvider, { keep = true } = {}): Promise<void> {
    const use = this.#uses.get(provider);
    if (use === undefined) return;
    use.count -= 1;
    if (use.count > 0) return;
    provider.setPresent(false);
    const release = this.#options.connection.hold();
    await provider.settled();
    if (use.count === 0 && keep && this.#options.tabs !== undefined) this.#rest(provider, use);
    else if (use.count === 0) await this.#close(provider);
    release();
  }

  /** Sends what an earlier page kept and could not send; a file that is not there is not made by it. */
  async sendKept(space: string, user: DocumentUser): Promise<void> {
    for (const key of await this.#options.keeper.unsent(`${space}/`)) {
      const path = key.slice(space.length + 1);
      if (await this.#options.exists(path)) await this.leave(this.open({ path, space, user }), { keep: false });
    }
  }

  /** Lets all go that are at rest. */
  closeAll(): void {
    for (const [provider, { isResting }] of this.#uses) if (isResting) void this.#close(provider);
  }

  #rest(provider: DocumentProvider, use: Use): void {
    if (!this.#uses.has(provider) || use.isResting) return;
    provider.rest();
    use.isResting = true;
    this.#tend();
  }

  /** Gives those at rest without a tab their time, and takes it from all others. */
  #tend(): void {
    const tabs = this.#options.tabs?.list.get() ?? [];
    const paths = new Set(tabs.flatMap((tab) => (tab.kind === "file" ? [tab.path] : [])));
    const ending: DocumentProvider[] = [];
    for (const [provider, use] of this.#uses) {
      if (use.isResting && !paths.has(provider.path.get())) {
        use.end ??= setTimeout(() => void this.#close(provider), KEPT_AFTER_TAB_MS);
        ending.push(provider);
      } else {
        clearTimeout(use.end);
        use.end = undefined;
      }
    }
    for (const provider of ending.slice(0, -MOST_WITHOUT_TAB)) void this.#close(provider);
  }

  async #close(provider: DocumentProvider): Promise<void> {
    clearTimeout(this.#uses.get(provider)?.end);
    if (this.#uses.delete(provider)) await provider.close();
  }
}
