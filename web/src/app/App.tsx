/** Everything around the pages: theme, server state, notices, addresses. */
import { CssBaseline, ThemeProvider } from "@mui/material";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "react-router/dom";
import { client } from "@/api/queries";
import { Notices } from "@/shared/Notices";
import { router } from "./routes";
import { theme } from "./theme";

export function App() {
  return (
    <ThemeProvider theme={theme} defaultMode="system" noSsr>
      <CssBaseline />
      <QueryClientProvider client={client}>
        <Notices>
          <RouterProvider router={router} />
        </Notices>
      </QueryClientProvider>
    </ThemeProvider>
  );
}
