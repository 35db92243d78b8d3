/** Where and when a job would start, asked of the planner while it is being written. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ask, head } from "@/api/client";
import type { JobFile } from "@/api/types";

const CALM_MS = 400;

export function usePlan(file: JobFile | null, may: boolean) {
  const [asked, setAsked] = useState(file);
  const text = JSON.stringify(file);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(JSON.parse(text) as JobFile | null), CALM_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return useQuery({
    // Under "why" it is asked again whenever the queue moves.
    queryKey: ["why", "plan", asked],
    queryFn: ({ signal }) => ask(head.POST("/api/v1/jobs:plan", { body: asked ?? ({} as JobFile), signal })),
    enabled: may && asked !== null,
    placeholderData: keepPreviousData,
  });
}
