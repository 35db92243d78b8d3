/** A job: what it is, what can be done to it, and a tab for each thing that is known of it. */
import { Alert, Box, LinearProgress } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { Navigate, useLocation, useParams } from "react-router";
import { jobQuery } from "@/api/queries";
import type { Job } from "@/api/types";
import { Loaded } from "@/shared/Loaded";
import { Page } from "@/shared/Page";
import { StateChip } from "@/shared/StateChip";
import { ActionBar } from "./ActionBar";
import { TabLinks } from "./TabLinks";
import { TABS } from "./tabs";

export function Component() {
  const { job: reference = "", tab = "overview" } = useParams();
  const { search } = useLocation();
  const query = useQuery(jobQuery(reference));
  return (
    <Loaded query={query}>
      {(job) =>
        // A name is another job's tomorrow, and events name jobs by their ids.
        job.id === reference ? (
          <JobPage key={job.id} job={job} tab={tab} />
        ) : (
          <Navigate to={`/jobs/${job.id}/${tab}${search}`} replace />
        )
      }
    </Loaded>
  );
}

function JobPage({ job, tab }: { job: Job; tab: string }) {
  const chosen = TABS.find((each) => each.id === tab) ?? TABS[0];
  const Content = chosen.Content;
  return (
    <Page
      title={job.name}
      beside={
        <Box role="status" aria-live="polite">
          <StateChip state={job.state} />
        </Box>
      }
      actions={<ActionBar job={job} />}
    >
      {!job.reachable && (
        <Alert severity="warning" sx={{ mb: 2 }}>
          One of its nodes is not heard at the moment: what is shown may be old.
        </Alert>
      )}
      <TabLinks job={job.id} chosen={chosen.id} />
      <Suspense fallback={<LinearProgress aria-label="Loading" />}>
        <Content job={job} />
      </Suspense>
    </Page>
  );
}
