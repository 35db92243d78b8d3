/** All jobs the reader may see, newest first. */
import { useQuery } from "@tanstack/react-query";
import { jobsQuery } from "@/api/queries";
import { Loaded } from "@/shared/Loaded";
import { Page } from "@/shared/Page";
import { StateChip } from "@/shared/StateChip";

export function JobsPage() {
  const jobs = useQuery(jobsQuery);
  return (
    <Page title="Jobs">
      <Loaded query={jobs}>
        {(data) =>
          data.items.map((job) => (
            <div key={job.id}>
              {job.name} <StateChip state={job.state} />
            </div>
          ))
        }
      </Loaded>
    </Page>
  );
}
