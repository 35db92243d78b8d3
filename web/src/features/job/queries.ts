/** What a job's page asks beyond the job itself. The keys are those that `api/live.ts` makes stale. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ask, head } from "@/api/client";
import type { FleetEvent, Job } from "@/api/types";

/** The last events a page shows; the state changes among them make the timeline. */
const EVENTS = 1000;

export const eventsQuery = (job: string) =>
  queryOptions({
    queryKey: ["job-events", job],
    queryFn: async () => {
      const page = await ask(head.GET("/api/v1/events", { params: { query: { job, tail: EVENTS } } }));
      // The same address also streams, when it is asked to.
      return (page as { items: FleetEvent[] }).items;
    },
  });

export const checkpointsQuery = (job: string) =>
  queryOptions({
    queryKey: ["checkpoints", job],
    queryFn: async () => (await ask(head.GET("/api/v1/jobs/{job}/checkpoints", { params: { path: { job } } }))).items,
  });

export const checkpointFilesQuery = (job: string, checkpoint: string) =>
  queryOptions({
    queryKey: ["checkpoints", job, checkpoint],
    queryFn: async () =>
      (
        await ask(
          head.GET("/api/v1/jobs/{job}/checkpoints/{checkpoint}/files", { params: { path: { job, checkpoint } } }),
        )
      ).items,
  });

/** They arrive when an attempt ends, which the job's state tells. */
export const artifactsQuery = ({ id, state, attempt }: Job) =>
  queryOptions({
    queryKey: ["artifacts", id, state, attempt],
    queryFn: async () => (await ask(head.GET("/api/v1/jobs/{job}/artifacts", { params: { path: { job: id } } }))).items,
    placeholderData: keepPreviousData,
  });

/** Where a file of a job is downloaded. */
export function fileUrl(job: string, kind: "artifacts" | `checkpoints/${number}/files`, path: string): string {
  const parts = path.split("/").map(encodeURIComponent).join("/");
  return `/api/v1/jobs/${encodeURIComponent(job)}/${kind}/${parts}`;
}
