/** What a browser asks about accounts. */

import { type Person, peopleById } from "../../src/domain/accounts/people.ts";
import type { Handlers } from "./handlers.ts";

export const accountHandlers = {
  async get_names({ account_ids }, { db }) {
    const people = await peopleById(db, account_ids);
    return { names: Object.fromEntries(people.map((person) => [person.account_id, nameOf(person)])) };
  },
} satisfies Partial<Handlers>;

function nameOf({ first_name, last_name, profile }: Person) {
  return { first_name, last_name, ...(profile?.color !== undefined && { color: profile.color }) };
}
