/** How a job ended: the cause by its code, in a sentence, where it was, what to try, and the way to its line. */
import { mdiTextSearch } from "@mdi/js";
import { Alert, AlertTitle, Button, Typography } from "@mui/material";
import { Link } from "react-router";
import type { Job } from "@/api/types";
import { Icon } from "@/shared/Icon";

const SEVERITY: Partial<Record<Job["state"], "success" | "error">> = { succeeded: "success", failed: "error" };

export function Failure({ job, cause }: { job: Job; cause: NonNullable<Job["cause"]> }) {
  const failed = job.state === "failed";
  const where = [
    cause.rank === null ? "" : `rank ${cause.rank}`,
    cause.node && `node ${cause.node}`,
    cause.exit_code ? `exit code ${cause.exit_code}` : "",
  ].filter(Boolean);
  const rank = cause.rank === null ? "" : `&rank=${cause.rank}`;
  return (
    <Alert
      severity={SEVERITY[job.state] ?? "info"}
      variant="outlined"
      role="region"
      aria-label="How it ended"
      sx={{ bgcolor: "background.paper", "& .MuiAlert-message": { minWidth: 0, overflowWrap: "anywhere" } }}
    >
      <AlertTitle>
        <bdi>{cause.text}</bdi>
      </AlertTitle>
      {failed && (
        <Typography variant="body2">
          <code>{cause.code}</code>
          {where.length > 0 && <bdi> · {where.join(" · ")}</bdi>}
        </Typography>
      )}
      {cause.hint && <Typography sx={{ mt: 1 }}>{cause.hint}</Typography>}
      {failed && (
        <Button
          component={Link}
          to={`/jobs/${job.id}/logs?attempt=${job.attempt}${rank}&at=error`}
          startIcon={<Icon path={mdiTextSearch} />}
          sx={{ mt: 1 }}
        >
          To the error in the log
        </Button>
      )}
    </Alert>
  );
}
