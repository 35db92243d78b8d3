import { Box, Paper } from "@mui/material";
import type { ReactNode } from "react";

interface Props {
  label: string;
  /** On a sheet of its own. */
  sheet?: boolean;
  children: ReactNode;
}

/** What may be wider than the screen, which then scrolls for itself, also by keyboard. */
export function Scroller({ label, sheet = false, children }: Props) {
  return (
    <Box
      component={sheet ? Paper : "div"}
      role="region"
      aria-label={label}
      tabIndex={0}
      sx={{ overflowX: "auto", maxWidth: "100%", "& table": { minWidth: 560 } }}
    >
      {children}
    </Box>
  );
}
