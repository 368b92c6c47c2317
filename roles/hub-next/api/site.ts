/** Handlers of `/api/v2/api-keys`, `customize` and `admin/…`. */

import { invalid } from "../../../src/core/errors.ts";
import {
  type ApiKeyView,
  createApiKey,
  deleteApiKey,
  editApiKey,
  listApiKeys,
} from "../../../src/domain/access/api-keys.ts";
import { checkProof } from "../../../src/domain/access/proofs.ts";
import { mailQueue } from "../../../src/domain/mail/outbox.ts";
import type { siteEndpoints } from "../../../src/protocol/api-v2-site.ts";
import type { EndpointBody } from "../../../src/protocol/api-v2-table.ts";
import { customization } from "../customization.ts";
import type { AccountCall, Handlers } from "./call.ts";

type KeyBody = EndpointBody<"api-keys">;

export const site: Handlers<keyof typeof siteEndpoints> = {
  "api-keys": async (call, body) => {
    const { hub, identity } = call;
    if (body.project_id !== undefined) await hub.access.authorise(identity, body.project_id, "see");
    return { response: await KEY_ACTIONS[body.action](call, body) };
  },
  "admin/mail": async ({ hub }) => {
    const [mail, queue] = await Promise.all([hub.mail.now(), mailQueue(hub.db)]);
    const [password, other] = [mail.state("password"), mail.state("other")];
    const ill = [password, other].find((state) => state.is === "wrong");
    if (ill !== undefined) return { ...queue, state: "wrong", fix: ill.fix, problem: ill.what };
    const isOff = password.is === "off" && other.is === "off";
    return { ...queue, state: isOff ? "off" : "on", fix: null };
  },
  customize: async ({ hub }, { fields }) => {
    const { configuration, registration, software } = await customization(hub);
    const all: Record<string, unknown> = { ...configuration, registration, software };
    if (fields === undefined) return all;
    return Object.fromEntries(fields.filter((field) => Object.hasOwn(all, field)).map((field) => [field, all[field]]));
  },
};

const KEY_ACTIONS = {
  get: async ({ hub: { db }, accountId }: AccountCall, { project_id: projectId }: KeyBody) =>
    (await listApiKeys(db, { accountId, projectId })).map(shown),
  create: async (call: AccountCall, { project_id: projectId, name = "API key", expire }: KeyBody) => {
    await checkMaker(call);
    const { accountId, hub, identity } = call;
    const ends = expire == null ? undefined : new Date(expire);
    const wish = { accountId, projectId, name, expire: ends, actsAsAdmin: identity.isAdmin };
    const { secret, key } = await createApiKey(hub.db, wish);
    return [{ ...shown(key), secret }];
  },
  edit: async (call: AccountCall, body: KeyBody) => {
    const { name, expire } = body;
    if (expire !== undefined) await checkMaker(call);
    const change = {
      ...(name !== undefined && { name }),
      ...(expire !== undefined && { expire: expire === null ? null : new Date(expire) }),
    };
    return [shown(await editApiKey(call.hub.db, { accountId: call.accountId, id: idIn(body), ...change }))];
  },
  delete: async ({ hub: { db }, accountId }: AccountCall, body: KeyBody) => {
    await deleteApiKey(db, { accountId, id: idIn(body) });
    return [];
  },
} as const;

/** What a key of an administrator opens is every project: whoever makes one, or lets one live longer, is there themselves. @throws as `checkProof` */
async function checkMaker({ hub, identity }: AccountCall): Promise<void> {
  if (identity.isAdmin) await checkProof(hub.db, identity.credential);
}

function shown(key: ApiKeyView) {
  return {
    ...key,
    created: key.created.toISOString(),
    expire: key.expire?.toISOString() ?? null,
    last_active: key.last_active?.toISOString() ?? null,
  };
}

function idIn({ id }: KeyBody): number {
  if (id === undefined) throw invalid("Give the id of the key.");
  return id;
}
