/** How many starts may be in flight: as many as the nodes that take projects can bring up at the same time. */

import type { Life } from "../../src/core/life.ts";
import { keepTelling } from "../../src/domain/cluster-facts/fact-teller.ts";
import { OfferedNodes } from "../../src/domain/cluster-facts/offered-nodes.ts";
import { type NodeOffer, takesProjects } from "../../src/domain/project-pods/node-fit.ts";
import type { QueueFact } from "../../src/protocol/cluster.ts";
import type { Tools } from "./case.ts";

/** Keeps the limit of turns by what manage-state tells of nodes, and tells how the queue stands, while the term lasts. */
export function keepStartLimit(term: Life, tools: Tools): void {
  const { db, leader, log, turns, nextInTurn } = tools;
  const offered = new OfferedNodes(db);
  const look = async (): Promise<QueueFact> => {
    const { nodes, ...limits } = limitNow(tools, await offered.now());
    if (turns.limit !== limits.limit) {
      turns.limit = limits.limit;
      log.info({ nodes, ...limits }, "another number of starts may be in flight");
      nextInTurn();
    }
    return { ...limits, nodes, held: turns.held, waiting: turns.waiting };
  };
  keepTelling(term, { name: "queue", look, leader, log });
}

function limitNow({ config, maker: { plainPod } }: Tools, offered: readonly NodeOffer[] | null) {
  const takes = (node: NodeOffer) =>
    plainPod !== undefined && (takesProjects(node, plainPod) || isOfPool(node, config.poolLabel));
  const nodes = plainPod === undefined ? null : (offered?.filter(takes).length ?? null);
  const [per_node, at_most] = [config.startsPerNode, config.startsInFlight];
  return { nodes, per_node, at_most, limit: startLimit({ nodes, perNode: per_node, atMost: at_most }) };
}

/** A node of a pool takes those projects alone that are of it, and any of them may start now. */
function isOfPool({ ready, schedulable, labels }: NodeOffer, poolLabel: string): boolean {
  return ready && schedulable && labels[poolLabel] !== undefined;
}

/**
 * `nodes` null: nobody tells of them. Where there is none that takes projects, a cluster may add as many as pods wait for, and who finds no room
 * holds no turn: so then nobody is kept back.
 */
function startLimit({ nodes, perNode, atMost }: { nodes: number | null; perNode: number; atMost: number }): number {
  return nodes === null || nodes === 0 ? atMost : Math.min(atMost, perNode * nodes);
}
