/** Whether what is shown may be old. */
import { Alert, Box } from "@mui/material";
import { useConnection } from "@/api/connection";

export function ConnectionBanner() {
  const connection = useConnection();
  return (
    <Box role="status" aria-live="polite">
      {connection === "offline" && (
        <Alert severity="warning" square>
          The head does not answer. What is shown may be old; it goes on by itself when the head is back.
        </Alert>
      )}
    </Box>
  );
}
