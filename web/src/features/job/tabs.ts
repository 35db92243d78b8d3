/** The tabs of a job's page. Each has an address, and those that are heavy are loaded when they are first looked at. */
import { type ComponentType, lazy } from "react";
import type { Job } from "@/api/types";
import { Artifacts } from "./Artifacts";
import { Checkpoints } from "./Checkpoints";
import { Events } from "./Events";
import { Overview } from "./Overview";

interface JobTab {
  id: string;
  title: string;
  Content: ComponentType<{ job: Job }>;
}

export const TABS: readonly [JobTab, ...JobTab[]] = [
  { id: "overview", title: "Overview", Content: Overview },
  { id: "logs", title: "Logs", Content: lazy(() => import("./log/LogTab")) },
  { id: "metrics", title: "Metrics", Content: lazy(() => import("@/features/curves/MetricsTab")) },
  { id: "checkpoints", title: "Checkpoints", Content: Checkpoints },
  { id: "artifacts", title: "Artifacts", Content: Artifacts },
  { id: "events", title: "Events", Content: Events },
  { id: "file", title: "Job file", Content: lazy(() => import("./FileTab")) },
];
