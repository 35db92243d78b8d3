/** Where and when the job would start, asked of the planner while it is being written. */
import { LinearProgress, Table, TableBody, TableCell, TableHead, TableRow, Typography } from "@mui/material";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ask, head } from "@/api/client";
import type { JobFile, Plan } from "@/api/types";
import { Ago } from "@/shared/Ago";
import { Refusal } from "@/shared/Loaded";

const CALM_MS = 400;

export function PlanPanel({ file }: { file: JobFile | null }) {
  const [asked, setAsked] = useState(file);
  const text = JSON.stringify(file);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(JSON.parse(text) as JobFile | null), CALM_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const plan = useQuery({
    // Under "why" it is asked again whenever the queue moves.
    queryKey: ["why", "plan", asked],
    queryFn: ({ signal }) => ask(head.POST("/api/v1/jobs:plan", { body: asked ?? ({} as JobFile), signal })),
    enabled: asked !== null,
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <Typography variant="h2" sx={{ mb: 1 }}>
        Where it would run
      </Typography>
      {plan.error && <Refusal error={plan.error} />}
      {!plan.data && !plan.error && asked && <LinearProgress aria-label="Planning" />}
      <div role="status">{plan.data && !plan.error && <Answer plan={plan.data} />}</div>
    </>
  );
}

function Answer({ plan }: { plan: Plan }) {
  const likely = plan.eta?.likely;
  return (
    <>
      <Typography sx={{ fontWeight: 650 }}>{plan.starts_now ? "It would start now." : "It would wait."}</Typography>
      {!plan.starts_now && (
        <Typography>
          {plan.text} {plan.hint}
        </Typography>
      )}
      {!plan.starts_now && likely && (
        <Typography>
          Likely to start <Ago at={likely} />.
        </Typography>
      )}
      {plan.remedy && <Typography>What would start it now: {plan.remedy.text}</Typography>}
      {plan.placement.length > 0 && (
        <Table size="small" aria-label="Placement" sx={{ mt: 1 }}>
          <TableHead>
            <TableRow>
              <TableCell>Node</TableCell>
              <TableCell align="right">Ranks</TableCell>
              <TableCell align="right">GPUs</TableCell>
            </TableRow>
          </TableHead>
          <TableBody>
            {plan.placement.map((share) => (
              <TableRow key={share.node_rank}>
                <TableCell>{share.node}</TableCell>
                <TableCell align="right">{share.ranks}</TableCell>
                <TableCell align="right">{share.gpus.length || "–"}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      )}
    </>
  );
}
