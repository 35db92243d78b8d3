import { Box } from "@mui/material";
import type { ReactNode } from "react";

/** What may be wider than the screen, which then scrolls for itself, also by keyboard. */
export function Scroller({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Box role="region" aria-label={label} tabIndex={0} sx={{ overflowX: "auto", maxWidth: "100%" }}>
      {children}
    </Box>
  );
}
