/** Whether the browser tells when a job of the reader's ends, and how to let it. */
import { Alert, Button, Stack, Typography } from "@mui/material";
import { useState } from "react";

export function EndNotices() {
  const able = "Notification" in window;
  const [state, setState] = useState(able ? Notification.permission : "denied");
  if (!able || state === "denied") {
    return (
      <Alert severity="info">A notice shows in the console. This browser does not allow others for this page.</Alert>
    );
  }
  return (
    <Stack direction="row" spacing={2} sx={{ alignItems: "center" }}>
      <Typography>
        {state === "granted"
          ? "The browser tells it, also while this tab is hidden."
          : "A notice shows in the console."}
      </Typography>
      {state === "default" && (
        <Button onClick={() => void Notification.requestPermission().then(setState)}>
          Tell it outside of the tab, too
        </Button>
      )}
    </Stack>
  );
}
