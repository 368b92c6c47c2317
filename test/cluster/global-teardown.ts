/** After the ring on a real cluster, which jest runs in its own process; the cluster itself belongs to who started jest. */

import { endInTime } from "../helpers/end-in-time.ts";

export default endInTime;
