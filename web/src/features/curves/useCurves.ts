/** A job's metrics: read once, then point by point as they come. */
import { keepPreviousData, queryOptions, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";
import { ask, head } from "@/api/client";
import { client } from "@/api/queries";
import type { components } from "@/api/schema";
import { follow } from "@/api/stream";
import type { Job, Series } from "@/api/types";
import { OVER } from "@/features/job/stretches";
import { withPoints } from "./curves";

type Metrics = components["schemas"]["MetricsView"];

/** Points of a curve that a chart shows: about two for each of its pixels. */
const SHOWN = 2000;

/** Points that gather before all is read anew, thinned. */
const MOST = 3 * SHOWN;

/** The most that the head gives at once. */
const ALL = 10_000;

/** Milliseconds in which points gather before they are drawn. */
const FLUSH_MS = 200;

/** Steps that are looked at closely; null for all there are. */
export interface Range {
  first: number;
  last: number;
}

function read(job: string, points: number, range: Range | null, of?: Pick<Series, "name" | "rank">): Promise<Metrics> {
  const query = { points, ...(range && { first: range.first, last: range.last }), ...of };
  // The same address also streams, when it is asked to.
  return ask(head.GET("/api/v1/jobs/{job}/metrics", { params: { path: { job }, query } })) as Promise<Metrics>;
}

/** over: of a job that is over, all are there; what was followed until then may lack the last ones. */
export const curvesQuery = (job: string, range: Range | null = null, over = false) =>
  queryOptions({ queryKey: ["curves", job, range, over], queryFn: () => read(job, SHOWN, range) });

/** Every point, for a file. */
export async function allCurves(job: string): Promise<Series[]> {
  const { items } = await read(job, ALL, null);
  const found: Series[] = [];
  for (const each of items) found.push({ ...each, points: await whole(job, each) });
  return found;
}

/** All points of what was thinned, some steps at a time. */
async function whole(job: string, { name, rank, points, count }: Series): Promise<Series["points"]> {
  if (points.length >= count) return points;
  const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  // Steps may lie close here and far there: what is still too much is cut again.
  const width = Math.ceil((last - first + 1) / Math.ceil((2 * count) / ALL));
  const found: Series["points"] = [];
  for (let at = first; at <= last; at += width) {
    const range = { first: at, last: Math.min(last, at + width - 1) };
    const [part] = (await read(job, ALL, range, { name, rank })).items;
    if (part) found.push(...(await whole(job, part)));
  }
  return found;
}

/** Those of a job that runs go on by themselves, but for a close look at a part. */
export function useCurves({ id, state }: Job, range: Range | null): UseQueryResult<Metrics> {
  const over = OVER.includes(state);
  const query = useQuery({ ...curvesQuery(id, range, over), placeholderData: keepPreviousData });
  const live = !over && range === null;
  const from = useQuery({ ...curvesQuery(id), enabled: live, select: (data) => data.after }).data;
  useEffect(() => (live && from !== undefined ? followed(id, from) : undefined), [id, live, from]);
  return query;
}

/** Draws what comes after `after`. Call the answer to end it. */
function followed(job: string, after: number): () => void {
  const { queryKey } = curvesQuery(job);
  let news: Series[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  function flush(): void {
    timer = undefined;
    const points = news;
    news = [];
    const before = client.getQueryData(queryKey);
    if (!before) return;
    const items = withPoints(before.items, points);
    client.setQueryData(queryKey, { ...before, items });
    if (items.some((each) => each.points.length > MOST)) void client.invalidateQueries({ queryKey });
  }

  const end = follow({
    url: `/api/v1/jobs/${encodeURIComponent(job)}/metrics?after=${after}`,
    resume: "after",
    on: {
      point: (data) => {
        news.push(JSON.parse(data) as Series);
        timer ??= setTimeout(flush, FLUSH_MS);
      },
      end: () => end(),
    },
  });
  return () => {
    clearTimeout(timer);
    end();
  };
}
