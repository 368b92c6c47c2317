/** A yes or no in the query of an address. */

import { z } from "zod";

export const queryFlag = z
  .enum(["0", "1"])
  .default("0")
  .transform((text) => text === "1");
