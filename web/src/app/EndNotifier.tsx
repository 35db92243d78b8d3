/** Tells the reader when a job of theirs ends: here, and by the browser where the reader allowed it. */
import { useEffect } from "react";
import { onEvent } from "@/api/live";
import { client } from "@/api/queries";
import type { Job } from "@/api/types";
import { useNotices } from "@/shared/Notices";

const ENDS = new Set(["job.succeeded", "job.failed", "job.cancelled"]);

export function EndNotifier({ user }: { user: string }) {
  const { tell } = useNotices();
  useEffect(
    () =>
      onEvent((event) => {
        if (!ENDS.has(event.kind)) return;
        const jobs = client.getQueryData<{ items: readonly Job[] }>(["jobs"]);
        const job = jobs?.items.find((each) => each.id === event.job) ?? client.getQueryData<Job>(["job", event.job]);
        if (job && job.owner !== user) return;
        tell(event.text, event.kind === "job.succeeded" ? "success" : "warning");
        if (document.hidden && "Notification" in window && Notification.permission === "granted") {
          new Notification("TensorFleet", { body: event.text, tag: event.job });
        }
      }),
    [user, tell],
  );
  return null;
}
