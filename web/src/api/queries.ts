/** What the console knows of the head: one query for each noun, kept true by `live.ts`. Nothing here polls. */
import { keepPreviousData, QueryClient, queryOptions } from "@tanstack/react-query";
import { ask, HeadError, head } from "./client";
import type { Job } from "./types";

/** Answers that trying again could change. */
function transient(error: unknown): boolean {
  return error instanceof HeadError && (error.status === 0 || error.status === 429 || error.status >= 502);
}

export const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Events say when something is stale; the clock does not.
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      networkMode: "always",
      retry: (count, error) => transient(error) && count < 5,
      retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 5000),
    },
    mutations: { networkMode: "always", retry: false },
  },
});

export const meQuery = queryOptions({ queryKey: ["me"], queryFn: () => ask(head.GET("/api/v1/me")) });

export const healthQuery = queryOptions({ queryKey: ["health"], queryFn: () => ask(head.GET("/health")) });

export const workersQuery = queryOptions({
  queryKey: ["workers"],
  queryFn: async () => (await ask(head.GET("/api/v1/workers"))).items,
});

export interface Jobs {
  /** Newest first. */
  items: readonly Job[];
  /** Whether there are none beyond them. */
  complete: boolean;
}

/** Jobs the console holds at once; those beyond are older. */
export const MOST_JOBS = 20_000;
const PAGE = 500;

export const jobsQuery = queryOptions({
  queryKey: ["jobs"],
  queryFn: async ({ signal }): Promise<Jobs> => {
    const items: Job[] = [];
    let cursor: string | null = null;
    do {
      const query: { limit: number; cursor?: string } = cursor ? { limit: PAGE, cursor } : { limit: PAGE };
      const page = await ask(head.GET("/api/v1/jobs", { params: { query }, signal }));
      items.push(...page.items);
      cursor = page.next;
      // The newest are looked at first: they show while the others are still on their way.
      if (cursor && !client.getQueryData<Jobs>(["jobs"])?.complete) {
        client.setQueryData<Jobs>(["jobs"], { items: [...items], complete: false });
      }
    } while (cursor && items.length < MOST_JOBS);
    return { items, complete: !cursor };
  },
});

export const jobQuery = (job: string) =>
  queryOptions({
    queryKey: ["job", job],
    queryFn: () => ask(head.GET("/api/v1/jobs/{job}", { params: { path: { job } } })),
  });

export const whyQuery = (job: string) =>
  queryOptions({
    queryKey: ["why", job],
    queryFn: () => ask(head.GET("/api/v1/jobs/{job}/why", { params: { path: { job } } })),
    placeholderData: keepPreviousData,
  });

export const queueQuery = queryOptions({
  queryKey: ["queue"],
  queryFn: () => ask(head.GET("/api/v1/queue", { params: { query: { limit: 10_000 } } })),
});

export const recipesQuery = queryOptions({
  queryKey: ["recipes"],
  queryFn: async () => (await ask(head.GET("/api/v1/recipes"))).items,
});

export const jobFileQuery = (job: string) =>
  queryOptions({
    queryKey: ["job-file", job],
    queryFn: () => ask(head.GET("/api/v1/jobs/{job}/file", { params: { path: { job } } })),
  });
