/** All jobs the reader may see: filtered, sorted and grouped by the address, acted upon many at a time. */
import { mdiRocketLaunchOutline } from "@mdi/js";
import { Box, Button, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { jobsQuery } from "@/api/queries";
import type { Job } from "@/api/types";
import { Empty } from "@/shared/Empty";
import { Loaded } from "@/shared/Loaded";
import { Page } from "@/shared/Page";
import { BulkBar } from "./BulkBar";
import { FilterBar } from "./FilterBar";
import { JobsTable } from "./JobsTable";
import { addressOf, shown, type View, viewOf } from "./view";

export function Component() {
  const jobs = useQuery(jobsQuery);
  return (
    <Page
      title="Jobs"
      beside={<Count jobs={jobs.data?.items.length} complete={jobs.data?.complete ?? true} />}
      actions={
        <Button component={Link} to="/new" variant="contained">
          New job
        </Button>
      }
    >
      <Loaded query={jobs}>{(data) => (data.items.length ? <List jobs={data.items} /> : <NoJobs />)}</Loaded>
    </Page>
  );
}

function List({ jobs }: { jobs: readonly Job[] }) {
  const [search, setSearch] = useSearchParams();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const view = useMemo(() => viewOf(search), [search]);
  // Typing stays quick while thousands of rows follow.
  const calm = useDeferredValue(view);
  const rows = useMemo(() => shown(jobs, calm), [jobs, calm]);
  const change = (next: View) => setSearch(addressOf(next), { replace: true });
  return (
    <Box sx={{ display: "flex", flexDirection: "column", gap: 1.5, height: "calc(100dvh - 150px)", minHeight: 420 }}>
      <FilterBar view={view} jobs={jobs} found={rows.length} onChange={change} />
      <JobsTable rows={rows} view={view} onChange={change} chosen={chosen} setChosen={setChosen} />
      <BulkBar jobs={jobs.filter((job) => chosen.has(job.id))} onDone={() => setChosen(new Set())} />
    </Box>
  );
}

function Count({ jobs, complete }: { jobs: number | undefined; complete: boolean }) {
  if (!jobs) return null;
  return (
    <Typography color="text.secondary">
      {jobs.toLocaleString()}
      {complete ? "" : " and more"}
    </Typography>
  );
}

function NoJobs() {
  return (
    <Empty
      icon={mdiRocketLaunchOutline}
      title="No job has run yet"
      text={
        <>
          The composer makes one in a minute. In a shell: <code>tensorfleet run --recipe digits</code>
        </>
      }
    >
      <Button component={Link} to="/new" variant="contained">
        Run the first job
      </Button>
    </Empty>
  );
}
