/** What the reader may do to this job now. What hurts is asked for first. */
import { mdiContentDuplicate } from "@mdi/js";
import { Button, Stack } from "@mui/material";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { meQuery } from "@/api/queries";
import type { Job } from "@/api/types";
import { Confirm } from "@/shared/Confirm";
import { Icon } from "@/shared/Icon";
import { useNotices } from "@/shared/Notices";
import { useMay } from "@/shared/roles";
import { cloneUrl } from "./clone";
import { type Action, act, actionsFor } from "./actions";

export function ActionBar({ job }: { job: Job }) {
  const role = useQuery(meQuery).data?.role ?? "";
  const maySubmit = useMay("submit");
  const client = useQueryClient();
  const { refuse } = useNotices();
  const [asked, setAsked] = useState<Action | null>(null);
  const doing = useMutation({
    mutationFn: (action: Action) => act(job.id, action.id),
    onSuccess: (fresh) => client.setQueryData(["job", job.id], fresh),
    onError: refuse,
  });
  return (
    <Stack direction="row" useFlexGap sx={{ flexWrap: "wrap", gap: 0.5 }} role="group" aria-label="Actions">
      {actionsFor(job, role).map((action) => (
        <Button
          key={action.id}
          color={action.warning ? "error" : "primary"}
          startIcon={<Icon path={action.icon} />}
          disabled={doing.isPending}
          onClick={() => (action.warning ? setAsked(action) : doing.mutate(action))}
        >
          {action.title}
        </Button>
      ))}
      {maySubmit && (
        <Button component={Link} to={cloneUrl(job.id)} startIcon={<Icon path={mdiContentDuplicate} />}>
          Clone
        </Button>
      )}
      <Confirm
        open={asked !== null}
        title={`${asked?.title ?? ""} ${job.name}?`}
        text={asked?.warning ?? ""}
        verb={asked?.title ?? ""}
        onAnswer={(yes) => {
          if (yes && asked) doing.mutate(asked);
          setAsked(null);
        }}
      />
    </Stack>
  );
}
