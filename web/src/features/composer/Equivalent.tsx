/** The same job from a shell. */
import { Box, Button, Stack, Typography } from "@mui/material";
import type { JobFile } from "@/api/types";
import { Copy } from "@/shared/Copy";
import { save } from "@/shared/save";
import { commandOf } from "./command";

export function Equivalent({ file, text }: { file: JobFile; text: string }) {
  const command = commandOf(file);
  const shown = command ?? "tensorfleet run -f job.yaml";
  return (
    <Box component="section" aria-label="The same from a shell">
      <Typography color="text.secondary" variant="body2">
        {command ? "The same from a shell:" : "The same from a shell, with the job file beside it:"}
      </Typography>
      <Stack direction="row" sx={{ alignItems: "center", gap: 1 }}>
        <Box component="code" sx={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap", minWidth: 0 }}>
          {shown}
        </Box>
        <Copy text={shown} what="the command" />
        {!command && (
          <Button size="small" onClick={() => save("job.yaml", "application/yaml", text)}>
            Save job.yaml
          </Button>
        )}
      </Stack>
      {!file.recipe && !file.code && (
        <Typography color="text.secondary" variant="body2">
          There it also uploads the directory that it is run in.
        </Typography>
      )}
    </Box>
  );
}
