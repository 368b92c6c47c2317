/** How many projects an account may make in a time: deleted ones count, since each leaves a row, its log and its files. */

import type { Limit } from "../rate-limits/rate-limits.ts";

const message = "This account has made very many projects lately, those that were deleted included.";

/** A class of any size is set up by one script. */
export const CREATE_HOUR: Limit = { name: "create_project_hour", points: 1_000, seconds: 3_600, message };
export const CREATE_DAY: Limit = { name: "create_project_day", points: 3_000, seconds: 86_400, message };
