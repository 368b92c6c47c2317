import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { testLives } from "../../../test/helpers/life.ts";
import { newPerson, newProject, type Person } from "../../../test/helpers/people.ts";
import { openTestDb } from "../../../test/helpers/postgres.ts";
import { isAppError } from "../../core/errors.ts";
import type { MemberGroup, ProjectUsers } from "../../protocol/project.ts";
import { deleteAccount } from "../accounts/account.ts";
import { addByEmail, addMember, changeMemberGroup, projectsToHandOver, removeMember } from "./collaborators.ts";
import { invitedTo } from "./members.ts";

const newLife = testLives();

interface Step {
  act: "add" | "owner" | "collaborator" | "remove";
  by: number;
  of: number;
  /** What the actor takes itself for: a stale or forged role must not help. */
  as: MemberGroup;
  strict: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom("add", "owner", "collaborator", "remove"),
  by: fc.nat(3),
  of: fc.nat(3),
  as: fc.constantFrom("owner", "collaborator"),
  strict: fc.boolean(),
});

type Groups = ReadonlyMap<number, MemberGroup>;

/** The rules, said again and shortly: the members after the step; the same when it has to be refused, or changes nothing. */
function after(groups: Groups, { act, by, of, as, strict }: Step): Groups {
  const own = groups.get(by);
  const theirs = groups.get(of);
  const owners = [...groups.values()].filter((group) => group === "owner").length;
  const next = new Map(groups);
  if (own === undefined || own !== as) return groups;
  const mayManage = own === "owner" || !strict;
  if (act === "add" && mayManage && theirs === undefined) next.set(of, "collaborator");
  if (act === "owner" && own === "owner" && theirs !== undefined) next.set(of, "owner");
  if (act === "collaborator" && own === "owner" && theirs !== undefined && (theirs !== "owner" || owners > 1))
    next.set(of, "collaborator");
  if (act === "remove" && (mayManage || by === of) && theirs === "collaborator") next.delete(of);
  return next;
}

test("nobody gives or takes what the rules do not let them, and an owner is always left", async () => {
  const db = await openTestDb(newLife());
  const ids = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const id = randomUUID();
      await db.execute("INSERT INTO accounts (account_id) VALUES ($1)", [id]);
      return id;
    }),
  );
  const idOf = (index: number) => ids[index] ?? "";
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const projectId = randomUUID();
      const users = JSON.stringify({ [idOf(0)]: { group: "owner" } });
      await db.execute("INSERT INTO projects (project_id, users) VALUES ($1, $2)", [projectId, users]);
      let expected: Groups = new Map([[0, "owner"]]);
      for (const each of steps) {
        const acting = { accountId: idOf(each.by), role: each.as, projectId, strict: each.strict, verifies: false };
        const accountId = idOf(each.of);
        const run = {
          add: () => addMember(db, acting, { accountId, group: "collaborator" }),
          owner: () => changeMemberGroup(db, acting, { accountId, group: "owner" }),
          collaborator: () => changeMemberGroup(db, acting, { accountId, group: "collaborator" }),
          remove: () => removeMember(db, acting, accountId),
        }[each.act];
        await run().catch((error: unknown) => {
          if (!isAppError(error)) throw error;
        });
        expected = after(expected, each);
        const [row] = await db.query<{ users: ProjectUsers }>("SELECT users FROM projects WHERE project_id = $1", [
          projectId,
        ]);
        const groups = Object.fromEntries(Object.entries(row?.users ?? {}).map(([id, { group }]) => [id, group]));
        expect(groups).toEqual(Object.fromEntries([...expected].map(([index, group]) => [idOf(index), group])));
        expect(Object.values(groups)).toContain("owner");
      }
    }),
    { numRuns: 40 },
  );
});

test("who may add members does not fill the database with invitations of addresses that nobody has", async () => {
  const db = await openTestDb(newLife());
  const [accountId, projectId] = [randomUUID(), randomUUID()];
  const users = JSON.stringify({ [accountId]: { group: "owner" } });
  const invite = JSON.stringify(Object.fromEntries(Array.from({ length: 998 }, (_, index) => [`${index}@x.org`, {}])));
  await db.execute("INSERT INTO projects (project_id, users, invite) VALUES ($1, $2, $3)", [projectId, users, invite]);
  const acting = { accountId, role: "owner", projectId, strict: false, verifies: false } as const;
  await addByEmail(db, acting, { email: "last@example.org", group: "collaborator" });
  await expect(addByEmail(db, acting, { email: "more@example.org", group: "collaborator" })).rejects.toMatchObject({
    code: "conflict",
  });
});

test("invitations that nobody followed in time were listed for ever, and took the places of others", async () => {
  const db = await openTestDb(newLife());
  const [accountId, projectId] = [randomUUID(), randomUUID()];
  const users = JSON.stringify({ [accountId]: { group: "owner" } });
  const day = 24 * 3_600_000;
  const ago = (days: number) => ({ time: new Date(Date.now() - days * day).toISOString() });
  const ended = Array.from({ length: 999 }, (_, index) => [`${index}@x.org`, ago(61)]);
  const invite = JSON.stringify(Object.fromEntries([...ended, ["waits@x.org", ago(59)]]));
  await db.execute("INSERT INTO projects (project_id, users, invite) VALUES ($1, $2, $3)", [projectId, users, invite]);
  const invited = async () => (await invitedTo(db, projectId)).map(({ email_address }) => email_address);
  expect(await invited()).toEqual(["waits@x.org"]);
  const acting = { accountId, role: "owner", projectId, strict: false, verifies: false } as const;
  await addByEmail(db, acting, { email: "new@example.org", group: "collaborator" });
  expect(await invited()).toEqual(["new@example.org", "waits@x.org"]);
  const [row] = await db.query<{ invite: object }>("SELECT invite FROM projects WHERE project_id = $1", [projectId]);
  expect(Object.keys(row?.invite ?? {})).toHaveLength(2);
});

test("what somebody had invited who was removed since was listed for months, and would have given nothing", async () => {
  const db = await openTestDb(newLife());
  const [owner, leaving] = [await newPerson(db), await newPerson(db)];
  const members: [Person, MemberGroup][] = [
    [owner, "owner"],
    [leaving, "collaborator"],
  ];
  const [projectId, other] = [await newProject(db, members), await newProject(db, members)];
  const acting = ({ accountId }: Person, role: MemberGroup, project = projectId) =>
    ({ accountId, role, projectId: project, strict: false, verifies: false }) as const;
  await addByEmail(db, acting(leaving, "collaborator"), { email: "theirs@example.org", group: "collaborator" });
  await addByEmail(db, acting(leaving, "collaborator", other), { email: "theirs@example.org", group: "collaborator" });
  await addByEmail(db, acting(owner, "owner"), { email: "ours@example.org", group: "collaborator" });
  await removeMember(db, acting(owner, "owner"), leaving.accountId);
  expect(await invitedTo(db, projectId)).toMatchObject([{ email_address: "ours@example.org" }]);
  expect(await invitedTo(db, other)).toMatchObject([{ email_address: "theirs@example.org" }]);
  const waiting = await db.query("SELECT email_address FROM account_creation_actions ORDER BY 1");
  expect(waiting).toMatchObject([{ email_address: "ours@example.org" }, { email_address: "theirs@example.org" }]);
});

test("what somebody had invited whose account was deleted since was listed for months, and would have given nothing", async () => {
  const db = await openTestDb(newLife());
  const [owner, leaving] = [await newPerson(db), await newPerson(db)];
  const members: [Person, MemberGroup][] = [
    [owner, "owner"],
    [leaving, "collaborator"],
  ];
  const projectIds = [await newProject(db, members), await newProject(db, members)];
  for (const projectId of projectIds) {
    const acting = { projectId, strict: false, verifies: false } as const;
    const { accountId } = leaving;
    await addByEmail(
      db,
      { ...acting, accountId, role: "collaborator" },
      { email: "theirs@example.org", group: "collaborator" },
    );
    await addByEmail(
      db,
      { ...acting, accountId, role: "collaborator" },
      { email: "theirs-too@example.org", group: "collaborator" },
    );
    await addByEmail(
      db,
      { ...acting, accountId: owner.accountId, role: "owner" },
      { email: "ours@example.org", group: "collaborator" },
    );
  }
  await deleteAccount(db, { by: leaving.accountId, accountId: leaving.accountId });
  for (const projectId of projectIds) {
    expect(await invitedTo(db, projectId)).toMatchObject([{ email_address: "ours@example.org" }]);
  }
  const waiting = await db.query("SELECT email_address FROM account_creation_actions");
  expect(waiting).toEqual([{ email_address: "ours@example.org" }, { email_address: "ours@example.org" }]);
});

test("a deleted sole owner left a project to its members that nobody could take over", async () => {
  const db = await openTestDb(newLife());
  const [owner, ada, admin] = [await newPerson(db), await newPerson(db), await newPerson(db, { admin: true })];
  const projectId = await newProject(
    db,
    [
      [owner, "owner"],
      [ada, "collaborator"],
    ],
    { title: "Course" },
  );
  const alone = await newProject(db, [[owner, "owner"]], { title: "Nobody else's" });
  const leave = () => deleteAccount(db, { by: owner.accountId, accountId: owner.accountId });
  await expect(leave()).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("“Course”") });
  await expect(leave()).rejects.toMatchObject({ message: expect.not.stringContaining("Nobody else's") });
  expect(await projectsToHandOver(db, owner.accountId)).toEqual([{ project_id: projectId, title: "Course" }]);
  expect(await projectsToHandOver(db, ada.accountId)).toEqual([]);
  expect(await db.query("SELECT FROM accounts WHERE account_id = $1 AND deleted", [owner.accountId])).toEqual([]);
  await deleteAccount(db, { by: admin.accountId, accountId: owner.accountId }); // an administrator may, and then hands it over
  const acting = { accountId: admin.accountId, role: "admin" as const, projectId, strict: true, verifies: false };
  await changeMemberGroup(db, acting, { accountId: ada.accountId, group: "owner" });
  await addMember(db, { ...acting, projectId: alone }, { accountId: ada.accountId, group: "collaborator" });
  await changeMemberGroup(db, { ...acting, projectId: alone }, { accountId: ada.accountId, group: "owner" });
  for (const id of [projectId, alone]) {
    const [row] = await db.query<{ group: string }>(
      "SELECT users -> $2 ->> 'group' AS \"group\" FROM projects WHERE project_id = $1",
      [id, ada.accountId],
    );
    expect(row?.group).toBe("owner");
  }
});
