import { useEffect, useEffectEvent, useMemo, useSyncExternalStore } from "react";
import type { Job } from "@/api/types";
import { OVER } from "../stretches";
import { type Filter, LogFeed, type Shown } from "./feed";

/** A part of the log of `job`, for as long as it is looked at. atError: it begins with what went wrong. */
export function useLog({ id, state }: Job, filter: Filter, atError: boolean): [LogFeed, Shown] {
  const { rank, attempt } = filter;
  const feed = useMemo(() => new LogFeed(id, { rank, attempt }), [id, rank, attempt]);
  const begin = useEffectEvent(() => void feed.begin(atError));
  const shown = useSyncExternalStore(feed.subscribe, () => feed.shown);
  const live = !OVER.includes(state);
  useEffect(() => {
    begin();
    return () => feed.close();
  }, [feed]);
  useEffect(() => {
    if (live) feed.resume();
  }, [feed, live]);
  return [feed, shown];
}
