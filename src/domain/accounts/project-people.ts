/** The members of a project with their names, as its members see them. */

import type { Queryable } from "../../db/db.ts";
import { memberGroup } from "../../protocol/project.ts";
import { type Membership, memberships } from "../projects/members.ts";
import { peopleById } from "./people.ts";

export interface Member extends Membership {
  first_name: string;
  last_name: string;
}

/** Owners first, then by name; those whose account is not there are left out. */
export async function membersWithNames(db: Queryable, projectId: string): Promise<Member[]> {
  const members = new Map((await memberships(db, projectId)).map((member) => [member.account_id, member]));
  const people = await peopleById(db, [...members.keys()]);
  return people
    .flatMap(({ account_id, first_name, last_name }) => {
      const member = members.get(account_id);
      return member === undefined ? [] : [{ ...member, first_name, last_name }];
    })
    .sort(inOrder);
}

/** Groups in the order in which the protocol names them. */
function inOrder(a: Member, b: Member): number {
  const groups = memberGroup.options;
  return (
    groups.indexOf(a.group) - groups.indexOf(b.group) ||
    a.last_name.localeCompare(b.last_name) ||
    a.first_name.localeCompare(b.first_name) ||
    a.account_id.localeCompare(b.account_id)
  );
}
