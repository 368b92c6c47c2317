/** In SQL: a request is still the one that is served. */

/** The request of $3 is the one with time $4, and nobody finished it. */
export const SERVED = "project_id = $3 AND action_request ->> 'time' = $4 AND action_request ->> 'finished' IS NULL";
