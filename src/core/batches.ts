/** Many small questions asked as few big ones: what is asked while an answer is awaited goes out together, next. */

/** An input that waits for its output. */
interface Pending<In, Out> {
  input: In;
  resolve: (output: Out) => void;
  reject: (error: unknown) => void;
}

export interface BatchOptions<In, Out> {
  /** Answers all inputs, in their order. Rejecting rejects each of them. */
  run: (inputs: In[]) => Promise<Out[]>;
  /** Most inputs of one run. */
  max: number;
  /** Most runs at the same time. */
  parallel: number;
}

/** A lone question goes out at once: nobody waits for company. */
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
      try {
        const outputs = await this.#options.run(batch.map(({ input }) => input));
        batch.forEach(({ resolve }, index) => void resolve(outputs[index] as Out)); // as many outputs as inputs
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#running -= 1;
  }

  #take(): Pending<In, Out>[] {
    return this.#waiting.splice(0, this.#options.max);
  }
}
