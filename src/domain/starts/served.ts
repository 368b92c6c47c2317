/** In SQL: a request is still the one that is served. */

/** The request of $1 is the one with time $2, and nobody finished it. */
export const SERVED = "project_id = $1 AND action_request ->> 'time' = $2 AND action_request ->> 'finished' IS NULL";
