/** What nodes measured, read again as each stretch of the time they are measured in goes by. */
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { ask, head } from "@/api/client";
import { workersQuery } from "@/api/queries";

const STRETCH = 10;

/** since, until: Unix seconds, 0 for now; or, where `since` is below 0, seconds before now. */
export function useHistories(nodes: readonly string[], since: number, until: number) {
  const { data: workers } = useQuery(workersQuery);
  const heard = (name: string) => workers?.find((each) => each.name === name)?.heard ?? 0;
  return useQueries({
    queries: nodes.map((node) => ({
      // A node that goes on measuring is heard each second; what is over does not change any more.
      queryKey: ["history", node, since, until, until ? 0 : Math.floor(heard(node) / STRETCH)],
      queryFn: () => {
        const query = { since: since < 0 ? Date.now() / 1000 + since : since, ...(until && { until }) };
        return ask(head.GET("/api/v1/workers/{worker}/history", { params: { path: { worker: node }, query } }));
      },
      placeholderData: keepPreviousData,
      gcTime: 2 * STRETCH * 1000,
    })),
  });
}
