/** What can be done to all the chosen jobs at once. */
import { mdiCompareHorizontal } from "@mdi/js";
import { Button, Paper, Stack, Typography } from "@mui/material";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { sentence } from "@/api/client";
import { meQuery } from "@/api/queries";
import type { Job } from "@/api/types";
import { ACTIONS, type Action, act, actionsFor } from "@/features/job/actions";
import { Confirm } from "@/shared/Confirm";
import { Icon } from "@/shared/Icon";
import { useNotices } from "@/shared/Notices";

/** As many as the page that compares them tells apart. */
const MOST_COMPARED = 8;

interface Props {
  jobs: readonly Job[];
  onDone: () => void;
}

export function BulkBar({ jobs, onDone }: Props) {
  const role = useQuery(meQuery).data?.role ?? "";
  const [asked, setAsked] = useState<Action | null>(null);
  const notices = useNotices();
  const fitting = (action: Action) => jobs.filter((job) => actionsFor(job, role).includes(action));
  const all = useMutation({
    mutationFn: async (action: Action) => {
      const wanted = fitting(action);
      const answers = await Promise.allSettled(wanted.map((job) => act(job.id, action.id)));
      const refused = answers.filter((answer) => answer.status === "rejected");
      return { title: action.title, done: wanted.length - refused.length, refused };
    },
    onSuccess: ({ title, done, refused }) => {
      if (done) notices.tell(`${title}: ${done} ${done === 1 ? "job" : "jobs"}.`, "success");
      if (refused[0]) notices.tell(`${refused.length} refused: ${sentence(refused[0].reason)}`, "error");
      onDone();
    },
  });
  if (!jobs.length) return null;
  return (
    <Paper sx={{ p: 1 }} role="region" aria-label="Chosen jobs">
      <Stack direction="row" useFlexGap sx={{ flexWrap: "wrap", gap: 1, alignItems: "center" }}>
        <Typography role="status">{jobs.length} chosen</Typography>
        {ACTIONS.filter((action) => fitting(action).length).map((action) => (
          <Button
            key={action.id}
            startIcon={<Icon path={action.icon} />}
            disabled={all.isPending}
            onClick={() => (action.warning ? setAsked(action) : all.mutate(action))}
          >
            {action.title} {fitting(action).length}
          </Button>
        ))}
        <Compare jobs={jobs} />
        <Button onClick={onDone}>Choose none</Button>
      </Stack>
      <Confirm
        open={asked !== null}
        title={`${asked?.title ?? ""} ${asked ? fitting(asked).length : 0} jobs?`}
        text={asked?.warning ?? ""}
        verb={asked?.title ?? ""}
        onAnswer={(yes) => {
          if (yes && asked) all.mutate(asked);
          setAsked(null);
        }}
      />
    </Paper>
  );
}

function Compare({ jobs }: { jobs: readonly Job[] }) {
  if (jobs.length < 2 || jobs.length > MOST_COMPARED) return null;
  return (
    <Button
      component={Link}
      to={`/compare?jobs=${jobs.map((job) => job.id).join(",")}`}
      startIcon={<Icon path={mdiCompareHorizontal} />}
    >
      Compare
    </Button>
  );
}
