import { queryOptions } from "@tanstack/react-query";
import { ask, head } from "@/api/client";

export const policyQuery = queryOptions({
  queryKey: ["policy"],
  queryFn: () => ask(head.GET("/api/v1/queue/policy")),
});

export const teamsQuery = queryOptions({ queryKey: ["teams"], queryFn: () => ask(head.GET("/api/v1/teams")) });
