/** What became of a job so far, and what it waits for. */
import { Stack } from "@mui/material";
import type { Job } from "@/api/types";
import { Attempts } from "./Attempts";
import { Facts } from "./Facts";
import { Failure } from "./Failure";
import { Ranks } from "./Ranks";
import { Timeline } from "./Timeline";
import { WhyWaits } from "./WhyWaits";

export function Overview({ job }: { job: Job }) {
  return (
    <Stack spacing={2}>
      {job.cause && <Failure job={job} cause={job.cause} />}
      {job.state === "queued" && <WhyWaits job={job} />}
      <Timeline job={job} />
      {job.shares.length > 0 && <Ranks job={job} />}
      {job.history.length > 1 && <Attempts job={job} />}
      <Facts job={job} />
    </Stack>
  );
}
