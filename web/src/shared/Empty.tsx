/** What a page shows where there is nothing yet: what would be here, and how to get it. */
import { Box, Typography } from "@mui/material";
import type { ReactNode } from "react";
import { Icon } from "./Icon";

interface Props {
  icon: string;
  title: string;
  text?: ReactNode;
  children?: ReactNode;
}

export function Empty({ icon, title, text, children }: Props) {
  return (
    <Box sx={{ display: "grid", justifyItems: "center", textAlign: "center", gap: 1, py: 8, px: 2 }}>
      <Icon path={icon} sx={{ fontSize: 48, color: "text.secondary" }} />
      <Typography variant="h2">{title}</Typography>
      {text && (
        <Typography color="text.secondary" component="div" sx={{ maxWidth: 560, overflowWrap: "anywhere" }}>
          {text}
        </Typography>
      )}
      {children}
    </Box>
  );
}
