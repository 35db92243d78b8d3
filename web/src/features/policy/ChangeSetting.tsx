/** Changes one setting; what the head refuses keeps the field as it was. */
import {
  Alert,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Stack,
  TextField,
  Typography,
} from "@mui/material";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, head } from "@/api/client";
import { client } from "@/api/queries";
import { Refusal } from "@/shared/Loaded";
import { policyQuery } from "./queries";
import type { Setting } from "./Settings";

interface Props {
  /** As it was when the reader began. */
  setting: Setting;
  /** Its value by now, as the reader is told. */
  now: string;
  /** The policy's revision by now: a change that has not been told yet is not overwritten, the head says so. */
  rev: number;
  close: () => void;
}

/** What was typed, as the head takes it: a number where it is one, nothing for `none`. */
export function valueOf(text: string): string | number | boolean | null {
  const trimmed = text.trim();
  if (trimmed === "none") return null;
  if (trimmed === "true" || trimmed === "false") return trimmed === "true";
  return trimmed !== "" && Number.isFinite(Number(trimmed)) ? Number(trimmed) : trimmed;
}

export function ChangeSetting({ setting, now, rev, close }: Props) {
  const [text, setText] = useState(setting.text);
  const change = useMutation({
    mutationFn: (reset: boolean) =>
      ask(
        head.PATCH("/api/v1/queue/policy", {
          body: {
            set: reset ? {} : { [setting.name]: valueOf(text) },
            reset: reset ? [setting.name] : [],
            dry_run: false,
            force: false,
            rev,
          },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: policyQuery.queryKey });
      close();
    },
  });
  return (
    <Dialog open onClose={close} fullWidth maxWidth="xs" aria-labelledby="setting-title">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate(false);
        }}
      >
        <DialogTitle id="setting-title">{setting.name}</DialogTitle>
        <DialogContent>
          <Stack spacing={2}>
            <Typography>{setting.meaning}</Typography>
            <TextField
              label={setting.unit ? `Value (${setting.unit})` : "Value"}
              value={text}
              onChange={(event) => setText(event.target.value)}
              helperText={`Default: ${setting.default_text}`}
              autoFocus
              required
            />
            {now !== setting.text && (
              <Alert severity="warning">Meanwhile somebody set it to {now}. “Change” puts yours in its place.</Alert>
            )}
            {change.error && <Refusal error={change.error} />}
          </Stack>
        </DialogContent>
        <DialogActions>
          <Button onClick={close}>Not now</Button>
          <Button onClick={() => change.mutate(true)} disabled={change.isPending}>
            Back to the default
          </Button>
          <Button type="submit" variant="contained" loading={change.isPending}>
            Change
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
