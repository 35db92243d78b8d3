/** The files that a job's ranks left in their output directories. */
import { mdiPackageVariantClosed } from "@mdi/js";
import { useQuery } from "@tanstack/react-query";
import type { Job } from "@/api/types";
import { Empty } from "@/shared/Empty";
import { Loaded } from "@/shared/Loaded";
import { Files } from "./Files";
import { artifactsQuery, fileUrl } from "./queries";

const NONE = (
  <>
    What its ranks write to <code>$TENSORFLEET_OUTPUT_DIR</code> arrives here when an attempt ends.
  </>
);

export function Artifacts({ job }: { job: Job }) {
  const query = useQuery(artifactsQuery(job));
  return (
    <Loaded query={query}>
      {(files) =>
        files.length ? (
          <Files
            files={files}
            urlOf={({ path, node_rank: rank }) => `${fileUrl(job.id, "artifacts", path)}?node_rank=${rank}`}
          />
        ) : (
          <Empty icon={mdiPackageVariantClosed} title="No artifacts yet" text={NONE} />
        )
      }
    </Loaded>
  );
}
