/** In one line: the place in the queue, when it will likely start, and what it waits for; or how it ended. */
import { useQuery } from "@tanstack/react-query";
import { whyQuery } from "@/api/queries";
import type { Job } from "@/api/types";
import { clock } from "@/shared/format";

export function Waiting({ job }: { job: Job }) {
  const text = job.cause?.text ?? job.why;
  return (
    <span title={text}>
      {job.state === "queued" && !job.held && <Place job={job.id} />}
      <bdi>{text}</bdi>
    </span>
  );
}

/** Asked for the rows in sight alone. */
function Place({ job }: { job: string }) {
  const why = useQuery(whyQuery(job)).data;
  if (!why?.position) return null;
  const likely = why.eta?.likely;
  return <strong>{`#${why.position}${likely ? `, likely ${clock(likely)}` : ""} `}</strong>;
}
