/** Says calmly that the connection is gone, and that it is back. */

import { IconCloudCheck, IconCloudOff } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useApp, useStore } from "../ui/app-context.ts";

const SAY_BACK_MS = 3_000;

export function ConnectionBanner() {
  const status = useStore(useApp().hub.status);
  const wasOffline = useRef(false);
  const [back, setBack] = useState(false);
  useEffect(() => {
    if (status === "offline" || status === "blocked") wasOffline.current = true;
    if (status !== "online" || !wasOffline.current) return;
    wasOffline.current = false;
    setBack(true);
    const timer = setTimeout(() => setBack(false), SAY_BACK_MS);
    return () => clearTimeout(timer);
  }, [status]);
  const offline = status === "offline" || status === "blocked";
  return (
    <div role="status" aria-live="polite" className="connection">
      {status === "blocked" && (
        <p className="banner banner-offline">
          <IconCloudOff size={16} aria-hidden /> This network lets pages through, but not the live connection
          (WebSocket) that this site needs. Try another network, or ask whoever runs this one to allow it.
        </p>
      )}
      {status === "offline" && (
        <p className="banner banner-offline">
          <IconCloudOff size={16} aria-hidden /> You are offline. Go on working: what you type is kept in this browser
          and sent when the connection is back.
        </p>
      )}
      {!offline && back && (
        <p className="banner banner-online">
          <IconCloudCheck size={16} aria-hidden /> Connected again; everything is up to date.
        </p>
      )}
    </div>
  );
}
