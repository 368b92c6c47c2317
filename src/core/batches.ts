/** Many small questions asked as few big ones: what is asked while an answer is awaited goes out together, next. */

import { isAppError } from "./errors.ts";

/** An input that waits for its output. */
interface Pending<In, Out> {
  input: In;
  resolve: (output: Out) => void;
  reject: (error: unknown) => void;
}

export interface BatchOptions<In, Out> {
  /** Answers all inputs, in their order. Where it rejects it is asked anew, with fewer of them: it has to bear that. */
  run: (inputs: In[]) => Promise<Out[]>;
  /** Most inputs of one run. */
  max: number;
  /** Most runs at the same time. */
  parallel: number;
}

/** A lone question goes out at once: nobody waits for company. One that cannot be answered keeps no other from its answer. */
export class Batches<In, Out> {
  readonly #options: BatchOptions<In, Out>;
  readonly #waiting: Pending<In, Out>[] = [];
  #running = 0;

  constructor(options: BatchOptions<In, Out>) {
    this.#options = options;
  }

  ask(input: In): Promise<Out> {
    const { promise, resolve, reject } = Promise.withResolvers<Out>();
    this.#waiting.push({ input, resolve, reject });
    if (this.#running < this.#options.parallel) void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    this.#running += 1;
    await Promise.resolve(); // what is asked in the same breath goes out together
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
      await this.#answer(batch);
    }
    this.#running -= 1;
  }

  /** What fails is halved until what it fails for is alone; that nobody is there to answer is an answer for all. */
  async #answer(batch: Pending<In, Out>[]): Promise<void> {
    try {
      const outputs = await this.#options.run(batch.map(({ input }) => input));
      batch.forEach(({ resolve }, index) => void resolve(outputs[index] as Out)); // as many outputs as inputs
    } catch (error) {
      if (batch.length === 1 || isAppError(error, "unavailable")) {
        for (const { reject } of batch) reject(error);
        return;
      }
      const half = Math.ceil(batch.length / 2);
      await this.#answer(batch.slice(0, half));
      await this.#answer(batch.slice(half));
    }
  }

  #take(): Pending<In, Out>[] {
    return this.#waiting.splice(0, this.#options.max);
  }
}
