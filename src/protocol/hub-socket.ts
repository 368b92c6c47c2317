/** The socket between a browser and hub-websocket (socket.io at `<base>/hub`): an account's projects and starts, live. */

import { z } from "zod";
import { uuid, type WireError } from "./common.ts";
import { type ProjectSummary, projectAction } from "./project.ts";
import type { ProjectStart } from "./starts.ts";

/** Messages a browser may send, and what the answer holds. Every answer is `{ok:true, …}` or a WireError. */
export const hubRequests = {
  /** The caller's projects, by project_id, in pages; hidden and deleted ones included. */
  list_projects: z.object({ after: uuid.optional(), limit: z.number().int().min(1).max(500).default(500) }),
  /** One project with its latest start. */
  get_project: z.object({ project_id: uuid }),
  /** Writes action_request; `start` of a running project finishes without effect. `rescue`: with start and restart, in rescue mode. */
  project_action: z.object({ project_id: uuid, action: projectAction, rescue: z.boolean().optional() }),
  /** Says that the caller works in the project: its idle time starts anew. */
  touch_project: z.object({ project_id: uuid }),
  /** Names of members, for faces and lists. */
  get_names: z.object({ account_ids: z.array(uuid).min(1).max(200) }),
  ping: z.object({}),
} as const;
export type HubRequestName = keyof typeof hubRequests;

export interface AccountView {
  account_id: string;
  email_address: string | null;
  email_address_verified: boolean;
  first_name: string;
  last_name: string;
  is_admin: boolean;
  profile: { image?: string; color?: string } | null;
}

export interface HubAnswers {
  list_projects: { projects: ProjectSummary[]; next: string | null };
  get_project: { project: ProjectSummary; start: ProjectStart | null };
  project_action: { time: string };
  touch_project: Record<string, never>;
  get_names: { names: Record<string, { first_name: string; last_name: string; color?: string }> };
  ping: { time: string };
}
export type HubAnswer<N extends HubRequestName> = ({ ok: true } & HubAnswers[N]) | ({ ok: false } & WireError);

/** What the hub sends by itself. After every (re)connect the browser lists its projects anew: nothing is replayed. */
export interface HubEvents {
  /** At once after connecting, and whenever the account changes. */
  account: (account: AccountView) => void;
  /** A project of the receiver changed or appeared. */
  project: (project: ProjectSummary) => void;
  /** A project is no longer the receiver's. */
  project_removed: (gone: { project_id: string }) => void;
  start: (start: ProjectStart) => void;
  /** The hub lost its own connection for a while: list anew. */
  resync: () => void;
  /** The session ended (signed out, banned, reset): sign in again. The hub closes the socket. */
  signed_out: (why: { message: string }) => void;
  /** This replica is going away: connect anew, at a moment of one's own within that time. */
  draining: (when: { within_ms: number }) => void;
}

export type HubRequests = {
  [N in HubRequestName]: (body: z.input<(typeof hubRequests)[N]>, answer: (result: HubAnswer<N>) => void) => void;
};
