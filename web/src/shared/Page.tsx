/** A page's title, what can be done there, and its content. */
import { Box, Stack, Typography } from "@mui/material";
import { type ReactNode, useEffect } from "react";

interface Props {
  title: string;
  /** Beside the title: states, counts. */
  beside?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, beside, actions, children }: Props) {
  useEffect(() => {
    document.title = `${title} · TensorFleet`;
  }, [title]);
  return (
    <>
      <Stack direction="row" useFlexGap sx={{ flexWrap: "wrap", gap: 1.5, alignItems: "center", mb: 2 }}>
        <Typography variant="h1" sx={{ overflowWrap: "anywhere", unicodeBidi: "isolate" }}>
          {title}
        </Typography>
        {beside}
        <Box sx={{ flexGrow: 1 }} />
        {actions}
      </Stack>
      {children}
    </>
  );
}
