/**
 * The head's news, put into the queries: one stream of events and one of what the nodes are doing.
 *
 * An event names what changed. A few jobs are read again one by one and put where they are shown; if there are many
 * at once, the lists are read again. After a gap, everything that is shown is.
 */
import type { QueryClient } from "@tanstack/react-query";
import { ask, head } from "./client";
import { setConnection } from "./connection";
import { type Jobs, meQuery } from "./queries";
import { follow } from "./stream";
import type { FleetEvent, Job, Worker } from "./types";

const TOGETHER_MS = 40;
/** The queue as a whole is read again at most so often. */
const CALM_MS = 1000;
const ONE_BY_ONE = 25;

type Listener = (event: FleetEvent) => void;
const listeners = new Set<Listener>();

/** Calls `listener` at each event of the fleet. Call the answer to end it. */
export function onEvent(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** `jobs` with `fresh` in it: in its old place, or first where it is new. */
export function withJob(jobs: Jobs | undefined, fresh: Job): Jobs | undefined {
  if (!jobs) return jobs;
  const at = jobs.items.findIndex((each) => each.id === fresh.id);
  if (at < 0) return { ...jobs, items: [fresh, ...jobs.items] };
  if ((jobs.items[at]?.rev ?? -1) > fresh.rev) return jobs;
  return { ...jobs, items: jobs.items.with(at, fresh) };
}

/** `workers` with `fresh` in it. */
export function withWorker(workers: readonly Worker[] | undefined, fresh: Worker): readonly Worker[] | undefined {
  if (!workers) return workers;
  const at = workers.findIndex((each) => each.id === fresh.id);
  return at < 0 ? [...workers, fresh] : workers.with(at, fresh);
}

/** Starts listening, for as long as the console is open. Call the answer to end it. */
export function listen(client: QueryClient): () => void {
  const changed = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let moved = 0;
  let calm: ReturnType<typeof setTimeout> | undefined;

  /** Where one job starts or ends, others wait for something else. */
  function queueMoved(): void {
    if (calm) return;
    const again = () => {
      calm = undefined;
      for (const key of ["queue", "why", "teams", "usage", "calendar"]) {
        void client.invalidateQueries({ queryKey: [key] });
      }
    };
    calm = setTimeout(again, Date.now() - moved > CALM_MS ? TOGETHER_MS : CALM_MS);
    moved = Date.now();
  }

  async function refresh(id: string): Promise<void> {
    const job = await ask(head.GET("/api/v1/jobs/{job}", { params: { path: { job: id } } }));
    client.setQueryData(["job", id], job);
    client.setQueryData<Jobs>(["jobs"], (jobs) => withJob(jobs, job));
  }

  function flush(): void {
    timer = undefined;
    const ids = [...changed];
    changed.clear();
    queueMoved();
    if (ids.length > ONE_BY_ONE) {
      for (const key of ["jobs", "job"]) void client.invalidateQueries({ queryKey: [key] });
      return;
    }
    for (const id of ids) refresh(id).catch(() => client.invalidateQueries({ queryKey: ["job", id] }));
  }

  function heard(data: string): void {
    const event = JSON.parse(data) as FleetEvent;
    for (const listener of listeners) listener(event);
    const noun = event.kind.split(".")[0] ?? "";
    if (event.job) {
      changed.add(event.job);
      timer ??= setTimeout(flush, TOGETHER_MS);
      void client.invalidateQueries({ queryKey: ["job-events", event.job] });
    }
    if (noun === "node") void client.invalidateQueries({ queryKey: ["workers"] });
    if (noun === "checkpoint") void client.invalidateQueries({ queryKey: ["checkpoints", event.job] });
    if (noun === "policy") void client.invalidateQueries({ queryKey: ["policy"] });
    if (noun === "booking") void client.invalidateQueries({ queryKey: ["calendar"] });
    if (noun === "key") void client.invalidateQueries({ queryKey: ["keys"] });
  }

  const ends = [
    follow({
      url: "/api/v1/events",
      resume: "after",
      always: true,
      on: { event: heard },
      opened: (gap) => {
        setConnection("online");
        if (gap) void client.invalidateQueries();
      },
      broken: () => {
        setConnection("offline");
        // Whether it is the head that is away or the login that is over, this one request tells.
        void client.invalidateQueries({ queryKey: meQuery.queryKey });
      },
    }),
    follow({
      url: "/worker-activity",
      on: {
        worker: (data) => {
          const worker = JSON.parse(data) as Worker;
          client.setQueryData<readonly Worker[]>(["workers"], (workers) => withWorker(workers, worker));
        },
      },
    }),
  ];
  return () => {
    clearTimeout(timer);
    clearTimeout(calm);
    for (const end of ends) end();
  };
}
