/** A leader and its writes: the database refuses each of them when somebody was elected since. */

/** Runs a statement on the pool of the leader's process. */
type Run = <Row>(sql: string, values: readonly unknown[], statement?: string) => Promise<Row[]>;

export class Leader {
  readonly name: string;
  /** Grows with every term of this name (see `leaders` in the schema). */
  readonly epoch: number;
  readonly #run: Run;

  constructor(run: Run, { name, epoch }: { name: string; epoch: number }) {
    this.#run = run;
    this.name = name;
    this.epoch = epoch;
  }

  /**
   * Writes, and gives what is returned. `sql` puts the condition that it is given into the WHERE of whatever it changes; its own parameters
   * are `values`, as everywhere. `statement`: see Queryable.query.
   */
  write<Row>(sql: (isLeading: string) => string, values: readonly unknown[] = [], statement?: string): Promise<Row[]> {
    const count = values.length;
    const isLeading = `(SELECT epoch FROM leaders WHERE name = $${count + 1}) = $${count + 2}`;
    return this.#run(sql(isLeading), [...values, this.name, this.epoch], statement);
  }
}
