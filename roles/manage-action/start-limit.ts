/** How many starts may be in flight: as many as the nodes that take projects can bring up at the same time. */

import type { Life } from "../../src/core/life.ts";
import { clusterView } from "../../src/domain/cluster-facts/cluster-facts.ts";
import { keepTelling } from "../../src/domain/cluster-facts/fact-teller.ts";
import { takesProjects } from "../../src/domain/project-pods/node-fit.ts";
import type { QueueFact } from "../../src/protocol/cluster.ts";
import type { Tools } from "./case.ts";

/** Keeps the limit of turns by what manage-state tells of nodes, and tells how the queue stands, while the term lasts. */
export function keepStartLimit(term: Life, tools: Tools): void {
  const { leader, log, turns, nextInTurn } = tools;
  const look = async (): Promise<QueueFact> => {
    const { nodes, ...limits } = await limitNow(tools);
    if (turns.limit !== limits.limit) {
      turns.limit = limits.limit;
      log.info({ nodes, ...limits }, "another number of starts may be in flight");
      nextInTurn();
    }
    return { ...limits, nodes, held: turns.held, waiting: turns.waiting };
  };
  keepTelling(term, { name: "queue", look, leader, log });
}

async function limitNow({ db, config, maker }: Tools) {
  const { nodes: told } = await clusterView(db);
  const { plainPod } = maker;
  const nodes =
    told === null || plainPod === undefined ? null : told.nodes.filter((node) => takesProjects(node, plainPod)).length;
  const [per_node, at_most] = [config.startsPerNode, config.startsInFlight];
  return { nodes, per_node, at_most, limit: startLimit({ nodes, perNode: per_node, atMost: at_most }) };
}

/**
 * Of one node at least, since where none is there yet a cluster may add one for the first pod that waits, and a start that finds no room
 * holds no turn. `nodes` null: nobody has told of them.
 */
function startLimit({ nodes, perNode, atMost }: { nodes: number | null; perNode: number; atMost: number }): number {
  return nodes === null ? atMost : Math.min(atMost, perNode * Math.max(1, nodes));
}
