/** The entry of the app in a browser: opens it on the page and draws it. */

import "./mantine-styles.ts";
import "./styles.ts";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { openApp } from "./core/app.ts";
import { openRouter } from "./frame/router.tsx";
import { AppContext } from "./ui/app-context.ts";
import { cssVariables, theme } from "./ui/theme.ts";

const app = openApp(document);
const router = openRouter(app.site);
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: 1,
      staleTime: 5_000,
      refetchOnWindowFocus: false,
      networkMode: "always", // whether somebody answers is seen by asking
      refetchOnReconnect: true, // which that mode would switch off
    },
  },
});
const place = document.getElementById("app");
if (place === null) throw new Error("the page has no place for the app");

createRoot(place).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <AppContext value={app}>
        <QueryClientProvider client={queries}>
          <Notifications position="bottom-right" limit={4} />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </AppContext>
    </MantineProvider>
  </StrictMode>,
);
