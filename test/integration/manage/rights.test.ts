/** What the manage roles do at the API server is what they say that they need: an installation grants no more. */

import { expect, test } from "@jest/globals";
import { loadRole } from "../../../roles/index.ts";
import { roleNames } from "../../../roles/names.ts";
import { describeConfig } from "../../../src/core/config.ts";
import { eachRight, together } from "../../../src/kube/rights.ts";
import { openFaultyKube, type SeenRequest } from "../../helpers/faulty-kube.ts";
import { kubeconfigAt } from "../../helpers/kube.ts";
import { testLives } from "../../helpers/life.ts";
import { World } from "./world.ts";

const newLife = testLives();
const MANAGE = ["manage-action", "manage-state"] as const;
const VERBS: Record<string, string> = { POST: "create", DELETE: "delete", PATCH: "patch" };

/** As RBAC sees a request: verb and resource. */
function askedOf({ method, url }: SeenRequest): string {
  const [resource = "", name, subresource] = url.pathname.replace(/^\/api\/v1\/(namespaces\/[^/]+\/)?/, "").split("/");
  const isWatch = url.searchParams.get("watch") === "true";
  const verb = VERBS[method] ?? (isWatch ? "watch" : name === undefined ? "list" : "get");
  return `${verb} ${resource}${subresource === undefined ? "" : `/${subresource}`}`;
}

test("rights that a variable asks for name one of the role's own", async () => {
  for (const { needs, config } of await Promise.all(roleNames.map(loadRole))) {
    const variables = describeConfig(config).map(({ env }) => env);
    for (const variable of Object.keys(needs.kubeWhere ?? {})) expect(variables).toContain(variable);
  }
});

test("a start, its crash and a stop need the rights that the roles name, and no others", async () => {
  const life = newLife();
  const world = await World.open(life, {
    script: "sleep 0.2; exit 3",
    container: { readinessProbe: { exec: { command: ["false"] }, periodSeconds: 1 } },
  });
  const api = await openFaultyKube(life, world.env.KUBECONFIG ?? "");
  const kubeconfig = await kubeconfigAt(life, world.env.KUBECONFIG ?? "", api.url);
  await world.startRoles(life.child("manage"), [...MANAGE], { KUBECONFIG: kubeconfig, COCALC_START_RESTARTS: "1" });
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  expect((await world.untilFinished(projectId)).err).toMatch(/exit code 3/);
  await world.ask(projectId, "stop");
  await world.untilFinished(projectId);
  const roles = await Promise.all(MANAGE.map(loadRole));
  const declared = eachRight(together(roles.flatMap(({ needs }) => needs.kube ?? []))).map(
    ({ verb, resource, subresource }) => `${verb} ${resource}${subresource === undefined ? "" : `/${subresource}`}`,
  );
  // Everybody may ask for the version: a process does when it doubts its connection.
  const asked = new Set(api.requests.filter(({ url }) => url.pathname !== "/version").map(askedOf));
  expect([...asked].filter((one) => !declared.includes(one))).toEqual([]);
  // Pods are resized only when what a project may use changes, and nodes looked at only when one does not answer.
  expect(declared.filter((one) => !asked.has(one))).toEqual(["patch pods/resize", "get nodes"]);
});
