/** Sets nodes aside for a team, a class or maintenance. What is refused keeps the form as it was. */
import {
  Autocomplete,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  MenuItem,
  Stack,
  TextField,
} from "@mui/material";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ask, head } from "@/api/client";
import { client, workersQuery } from "@/api/queries";
import { Refusal } from "@/shared/Loaded";
import { useNotices } from "@/shared/Notices";

const HOUR = 3600;

/** Unix seconds of what `datetime-local` holds, in the reader's zone; null where it is empty. */
export function secondsOf(local: string): number | null {
  const at = new Date(local).getTime() / 1000;
  return Number.isFinite(at) ? at : null;
}

export function Reserve({ close }: { close: () => void }) {
  const names = useQuery(workersQuery).data?.map((node) => node.name) ?? [];
  const [nodes, setNodes] = useState<string[]>([]);
  const [start, setStart] = useState("");
  const [hours, setHours] = useState("8");
  const [kind, setKind] = useState("team");
  const [whom, setWhom] = useState("");
  const [reason, setReason] = useState("");
  const { tell } = useNotices();
  const made = useMutation({
    mutationFn: () =>
      ask(
        head.POST("/api/v1/reservations", {
          body: {
            nodes,
            start: secondsOf(start),
            end: null,
            seconds: Number(hours) * HOUR,
            team: kind === "team" ? whom : "",
            user: kind === "user" ? whom : "",
            class: kind === "class" ? whom : "",
            maintenance: kind === "maintenance",
            reason,
          },
        }),
      ),
    onSuccess: async ({ stays }) => {
      await client.invalidateQueries({ queryKey: ["calendar"] });
      const staying = stays.map((job) => `${job.name || `a job of team ${job.team}`} on ${job.node}`);
      if (staying.length > 0)
        tell(`Set aside. What cannot be interrupted goes on there: ${staying.join(", ")}.`, "warning");
      close();
    },
  });
  return (
    <Dialog open onClose={close} fullWidth maxWidth="xs" aria-labelledby="reserve-title">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          made.mutate();
        }}
      >
        <DialogTitle id="reserve-title">Set nodes aside</DialogTitle>
        <DialogContent>
          <Stack spacing={2} sx={{ mt: 1 }}>
            <Autocomplete
              multiple
              options={names}
              value={nodes}
              onChange={(_, value) => setNodes(value)}
              renderInput={(params) => <TextField {...params} label="Nodes" autoFocus />}
            />
            <TextField
              label="From (now, when empty)"
              type="datetime-local"
              value={start}
              onChange={(event) => setStart(event.target.value)}
              slotProps={{ inputLabel: { shrink: true } }}
            />
            <TextField
              label="Hours"
              type="number"
              required
              value={hours}
              onChange={(event) => setHours(event.target.value)}
              slotProps={{ htmlInput: { min: 0, step: "any" } }}
            />
            <TextField select label="For" value={kind} onChange={(event) => setKind(event.target.value)}>
              <MenuItem value="team">a team</MenuItem>
              <MenuItem value="user">a user</MenuItem>
              <MenuItem value="class">a class of jobs</MenuItem>
              <MenuItem value="maintenance">nobody: maintenance</MenuItem>
            </TextField>
            {kind !== "maintenance" && (
              <TextField label="Its name" required value={whom} onChange={(event) => setWhom(event.target.value)} />
            )}
            <TextField label="Reason" value={reason} onChange={(event) => setReason(event.target.value)} />
            {made.error && <Refusal error={made.error} />}
          </Stack>
        </DialogContent>
        <DialogActions>
          <Button onClick={close}>Not now</Button>
          <Button type="submit" variant="contained" loading={made.isPending}>
            Set aside
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
