/** A state in a word, a shape and a colour: never by colour alone. */
import {
  mdiAlertCircleOutline,
  mdiCancel,
  mdiCheckCircleOutline,
  mdiClockOutline,
  mdiHelpCircleOutline,
  mdiPauseCircleOutline,
  mdiPlayCircleOutline,
  mdiProgressClock,
  mdiRestartAlert,
  mdiStopCircleOutline,
} from "@mdi/js";
import { Box } from "@mui/material";
import { Icon } from "./Icon";

type Look = readonly [icon: string, colour: string];

const LOOKS: Record<string, Look> = {
  queued: [mdiClockOutline, "text.secondary"],
  starting: [mdiProgressClock, "info.main"],
  running: [mdiPlayCircleOutline, "primary.main"],
  recovering: [mdiRestartAlert, "warning.main"],
  pausing: [mdiPauseCircleOutline, "secondary.main"],
  paused: [mdiPauseCircleOutline, "secondary.main"],
  stopping: [mdiStopCircleOutline, "warning.main"],
  succeeded: [mdiCheckCircleOutline, "success.main"],
  failed: [mdiAlertCircleOutline, "error.main"],
  cancelled: [mdiCancel, "text.secondary"],
  pending: [mdiHelpCircleOutline, "info.main"],
  online: [mdiCheckCircleOutline, "success.main"],
  unreachable: [mdiAlertCircleOutline, "error.main"],
  draining: [mdiProgressClock, "warning.main"],
  drained: [mdiPauseCircleOutline, "warning.main"],
  offline: [mdiCancel, "text.secondary"],
};

const OTHER: Look = [mdiHelpCircleOutline, "text.secondary"];

export function StateChip({ state }: { state: string }) {
  const [icon, colour] = LOOKS[state] ?? OTHER;
  return (
    <Box
      component="span"
      sx={{
        display: "inline-flex",
        alignItems: "center",
        gap: 0.5,
        color: colour,
        fontWeight: 600,
        whiteSpace: "nowrap",
        verticalAlign: "middle",
      }}
    >
      <Icon path={icon} />
      {state}
    </Box>
  );
}
