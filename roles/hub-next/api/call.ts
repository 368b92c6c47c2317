/** What a handler of an endpoint is given, by who may call it; and the type of the table of handlers. */

import type { ServerResponse } from "node:http";
import type { Identity } from "../../../src/domain/access/identity.ts";
import type { EndpointBody, EndpointOutput, EndpointPath, endpoints } from "../../../src/protocol/api-v2-table.ts";
import type { ProjectRole } from "../../../src/protocol/project-rights.ts";
import type { Hub } from "../hub.ts";
import type { Visitor } from "../visitor.ts";

export interface Call {
  hub: Hub;
  visitor: Visitor;
  response: ServerResponse;
}

export interface AccountCall extends Call {
  identity: Identity;
  accountId: string;
}

export interface ProjectCall extends AccountCall {
  projectId: string;
  role: ProjectRole;
}

type AccessOf<P extends EndpointPath> = (typeof endpoints)[P]["access"];

export type CallOf<P extends EndpointPath> =
  AccessOf<P> extends "anyone" ? Call : AccessOf<P> extends "project" ? ProjectCall : AccountCall;

/** One handler for each endpoint of a noun; the compiler misses none. */
export type Handlers<P extends EndpointPath> = {
  [Path in P]: (call: CallOf<Path>, body: EndpointBody<Path>) => Promise<EndpointOutput<Path>>;
};

export const OK = { status: "ok" } as const;
