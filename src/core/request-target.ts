/** The target of a request line in its two parts. Whatever a client sends has them, while `new URL` throws at targets such as `//`. Pure. */

export interface RequestTarget {
  path: string;
  /** With its `?`; "" without one. */
  search: string;
}

/** Parts it at the first `?`; what a client leaves out is `/`. */
export function splitTarget(target: string | undefined): RequestTarget {
  const whole = target || "/";
  const queryAt = whole.indexOf("?");
  return queryAt < 0 ? { path: whole, search: "" } : { path: whole.slice(0, queryAt), search: whole.slice(queryAt) };
}
