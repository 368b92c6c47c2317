/** What a browser asks about accounts. */

import { namesOf } from "../../src/domain/accounts/account-view.ts";
import type { Handlers } from "./handlers.ts";

export const accountHandlers = {
  async get_names({ account_ids }, { db }) {
    return { names: await namesOf(db, account_ids) };
  },
} satisfies Partial<Handlers>;
