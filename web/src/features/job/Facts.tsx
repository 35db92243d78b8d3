/** What was submitted, by whom, and what it asks for. */
import { Box, Typography } from "@mui/material";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Job } from "@/api/types";
import { Ago, Lasting } from "@/shared/Ago";
import { Copy } from "@/shared/Copy";
import { bytes, duration } from "@/shared/format";
import { asks } from "../jobs/view";
import { Section } from "./Section";

type Fact = readonly [title: string, value: ReactNode];

/** What the request says beyond the number of ranks. */
function claims({ request }: Job): string {
  return [
    request.gpu_model && `model ${request.gpu_model}`,
    request.gpu_memory && `at least ${bytes(request.gpu_memory)} each`,
    request.min_nodes && `elastic from ${request.min_nodes} nodes`,
    request.cpus && `${request.cpus} CPUs a rank`,
    request.memory && `${bytes(request.memory)} of memory a rank`,
    request.spread && "spread",
    request.apart && `apart: ${request.apart}`,
    ...request.labels.map(([name, value]) => `${name}=${value}`),
  ]
    .filter(Boolean)
    .join(", ");
}

function facts(job: Job): Fact[] {
  const claimed = claims(job);
  const all: (Fact | false | "")[] = [
    [
      "Id",
      <span key="id">
        <code>{job.id}</code> <Copy text={job.id} what="the id" />
      </span>,
    ],
    ["Owner", <bdi key="owner">{`${job.owner}, team ${job.team}`}</bdi>],
    ["Command", <code key="run">{job.run.join(" ")}</code>],
    job.recipe && ["Recipe", job.recipe],
    ["Asks for", claimed ? `${asks(job)}: ${claimed}` : asks(job)],
    ["Class", `${job.class}, priority ${job.priority}${job.preemptible ? ", may be interrupted" : ""}`],
    ["Submitted", <Ago key="submitted" at={job.submitted} />],
    job.started !== null && ["Runs for", <Lasting key="runs" from={job.started} to={job.ended} />],
    job.max_duration > 0 && ["At most", duration(job.max_duration)],
    job.held !== null && ["Held by", job.held.by],
    job.array !== null && ["Array", `${job.array.id}, index ${job.array.index}`],
    job.after.length > 0 && ["After", job.after.map((id) => <After key={id} id={id} />)],
  ];
  return all.filter((fact): fact is Fact => Boolean(fact));
}

function After({ id }: { id: string }) {
  return (
    <Box component="span" sx={{ mr: 1 }}>
      <Link to={`/jobs/${id}`}>{id}</Link>
    </Box>
  );
}

export function Facts({ job }: { job: Job }) {
  return (
    <Section title="Facts">
      <Box
        component="dl"
        sx={{ display: "grid", gridTemplateColumns: { xs: "1fr", sm: "140px 1fr" }, columnGap: 2, rowGap: 0.5, m: 0 }}
      >
        {facts(job).map(([title, value]) => (
          <Box key={title} sx={{ display: "contents" }}>
            <Typography component="dt" color="text.secondary">
              {title}
            </Typography>
            <Typography component="dd" sx={{ m: 0, mb: { xs: 1, sm: 0 }, overflowWrap: "anywhere" }}>
              {value}
            </Typography>
          </Box>
        ))}
      </Box>
    </Section>
  );
}
