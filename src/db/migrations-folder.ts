/** Where the numbered SQL files are; the server bundle keeps them at the same place relative to itself. */

import { fileURLToPath } from "node:url";

export const migrationsFolder = fileURLToPath(new URL("./migrations", import.meta.url));
