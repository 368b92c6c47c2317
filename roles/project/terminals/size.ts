/** The size of a terminal in characters. */

export interface Size {
  cols: number;
  rows: number;
}
