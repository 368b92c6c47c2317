/** The shared documents of one project in this page: one for each path, held after its editor has closed until the server has all that was typed. */

import type { Move } from "../../protocol/moved-path.ts";
import type { DocumentKeeper } from "./document-keeper.ts";
import { DocumentProvider, type DocumentUser } from "./document-provider.ts";
import type { ProjectConnection } from "./project-connection.ts";

interface Options {
  connection: ProjectConnection;
  keeper: DocumentKeeper;
  /** Is there a file of this path? */
  exists: (path: string) => Promise<boolean>;
  /** Told when it turns out that a file was moved while this page was away. */
  onMoved?: (move: Move) => void;
}

interface Wanted {
  path: string;
  /** Account and project. */
  space: string;
  user: DocumentUser;
}

/**
 * A document is *shown* while somebody uses it; then it is *leaving* until the server has acknowledged everything, over any number of
 * reconnects; then it is closed. Whoever opens it while it is leaving goes on with the very same one.
 */
export class OpenDocuments {
  readonly #options: Options;
  readonly #uses = new Map<DocumentProvider, { space: string; count: number }>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** The document of a path; give it back with `leave`. */
  open({ path, space, user }: Wanted): DocumentProvider {
    for (const [provider, use] of this.#uses) {
      if (provider.path.get() !== path || use.space !== space) continue;
      use.count += 1;
      provider.setPresent(true);
      return provider;
    }
    const { connection, keeper, onMoved } = this.#options;
    const provider = new DocumentProvider({ connection, keeper, path, space, user, onMoved });
    this.#uses.set(provider, { space, count: 1 });
    return provider;
  }

  /** Gives a document back; resolves when it is closed, or used again. */
  async leave(provider: DocumentProvider): Promise<void> {
    const use = this.#uses.get(provider);
    if (use === undefined) return;
    use.count -= 1;
    if (use.count > 0) return;
    provider.setPresent(false);
    const release = this.#options.connection.hold();
    await provider.settled();
    if (use.count === 0 && this.#uses.delete(provider)) await provider.close();
    release();
  }

  /** Sends what an earlier page kept and could not send; a file that was deleted since is not brought back by it. */
  async sendKept(space: string, user: DocumentUser): Promise<void> {
    for (const { key, wasThere } of await this.#options.keeper.unsent(`${space}/`)) {
      const path = key.slice(space.length + 1);
      if (wasThere && !(await this.#options.exists(path))) continue;
      await this.leave(this.open({ path, space, user }));
    }
  }
}
