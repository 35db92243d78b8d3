/** How a machine becomes a node: the command to run on it, with a token that is shown once. */
import { mdiServerPlus } from "@mdi/js";
import { Box, Button, Dialog, DialogContent, DialogTitle, Stack, Typography } from "@mui/material";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, head } from "@/api/client";
import { Copy } from "@/shared/Copy";
import { Empty } from "@/shared/Empty";
import { moment } from "@/shared/format";
import { Refusal } from "@/shared/Loaded";
import { useMay } from "@/shared/roles";

export function FirstAgent() {
  const mayAdd = useMay("administer");
  return (
    <Empty
      icon={mdiServerPlus}
      title="No machine has joined yet"
      text="A machine becomes a node by one command. It finds the head by itself where both are in one network."
    >
      {mayAdd ? <JoinCommand /> : <Typography>Ask an administrator for a join token.</Typography>}
    </Empty>
  );
}

export function AddAgent() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant="outlined" onClick={() => setOpen(true)}>
        Add a machine
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} maxWidth="sm" fullWidth aria-labelledby="add-title">
        <DialogTitle id="add-title">Add a machine</DialogTitle>
        <DialogContent>
          <JoinCommand />
        </DialogContent>
      </Dialog>
    </>
  );
}

function JoinCommand() {
  const token = useMutation({ mutationFn: () => ask(head.POST("/api/v1/join-tokens")) });
  const command = `tensorfleet agent --head ${window.location.hostname} --join ${token.data?.token ?? ""}`;
  return (
    <Stack spacing={1.5} sx={{ maxWidth: 620 }}>
      <Typography>
        On the machine: <code>pip install &apos;tensorfleet[torch]&apos;</code>, then
      </Typography>
      {token.data ? (
        <>
          <Stack direction="row" sx={{ alignItems: "center", gap: 1 }}>
            <Box component="code" sx={{ overflowWrap: "anywhere", textAlign: "start" }}>
              {command}
            </Box>
            <Copy text={command} what="the command" />
          </Stack>
          <Typography color="text.secondary" variant="body2">
            This token is shown once, and good until {moment(token.data.expires)}.
          </Typography>
        </>
      ) : (
        <Button variant="contained" onClick={() => token.mutate()} loading={token.isPending}>
          Show the command
        </Button>
      )}
      {token.error && <Refusal error={token.error} />}
      <Typography color="text.secondary" variant="body2">
        Without a token, <code>tensorfleet agent</code> shows eight words, and asks here to be let in by them.
      </Typography>
    </Stack>
  );
}
