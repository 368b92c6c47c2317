/** When a person last did something in this project. */

export class Activity {
  #last = new Date();

  touch(): void {
    this.#last = new Date();
  }

  get last(): Date {
    return this.#last;
  }
}
