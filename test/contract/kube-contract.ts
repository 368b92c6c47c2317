/**
 * Everything that we rely on of the Kubernetes API, as one suite: run against the embedded API and against a real
 * kube-apiserver. What is not in here the embedded API need not have.
 */

import { afterAll, beforeAll, describe } from "@jest/globals";
import { Life } from "../../src/core/life.ts";
import { describeAccess } from "./access.ts";
import { describeObjects } from "./objects.ts";
import { describeResizing } from "./resizing.ts";
import { describeRunningPods } from "./running-pods.ts";
import { describeSelection } from "./selection.ts";
import { type ContractFeatures, type ContractTarget, openSubject, type Subject } from "./target.ts";
import { describeWatching } from "./watching.ts";

export interface KubeContract extends ContractFeatures {
  /** Makes the API server ready, its undo registered on the life; called once, before the first test. */
  open(life: Life): Promise<ContractTarget>;
}

/** Declares the suite for one API server. */
export function describeKubeContract(name: string, { open, ...features }: KubeContract): void {
  describe(`the Kubernetes API we rely on: ${name}`, () => {
    const life = new Life("contract");
    let opened: Subject | undefined;
    const subject = () => {
      if (!opened) throw new Error("the API server under test was not opened");
      return opened;
    };
    beforeAll(async () => {
      opened = await openSubject(life, await open(life));
    }, 120_000);
    afterAll(async () => {
      const errors = await life.stop();
      if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join("; "));
    }, 60_000);

    describeObjects(subject);
    describeSelection(subject, features);
    describeWatching(subject);
    describeAccess(subject, features);
    if (features.kubelet) describeRunningPods(subject, features.kubelet);
    if (features.kubelet) describeResizing(subject, features.kubelet);
  });
}
