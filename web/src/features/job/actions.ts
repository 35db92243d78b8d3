/** What a person can do to a job in its state: for its own page, and for many at once in the table. */
import {
  mdiHandBackLeft,
  mdiPause,
  mdiPlay,
  mdiPlaylistPlay,
  mdiReload,
  mdiSkullOutline,
  mdiStop,
  mdiUndo,
} from "@mdi/js";
import { ask, head } from "@/api/client";
import type { Job } from "@/api/types";
import { may, type Permission } from "@/shared/roles";

export interface Action {
  /** The verb: of the button, and of REST's path. */
  id: "pause" | "resume" | "stop" | "kill" | "requeue" | "retry" | "hold" | "release";
  title: string;
  icon: string;
  permission: Permission;
  states: readonly Job["state"][];
  /** Asked before it is done; what it costs. */
  warning?: string;
  /** Beyond the state. */
  fits?: (job: Job) => boolean;
}

const PLACED: readonly Job["state"][] = ["starting", "running", "recovering"];

export const ACTIONS: readonly Action[] = [
  { id: "pause", title: "Pause", icon: mdiPause, permission: "stop", states: PLACED },
  { id: "resume", title: "Resume", icon: mdiPlay, permission: "stop", states: ["paused"] },
  {
    id: "hold",
    title: "Hold",
    icon: mdiHandBackLeft,
    permission: "stop",
    states: ["queued"],
    fits: (job) => !job.held,
  },
  {
    id: "release",
    title: "Release",
    icon: mdiPlaylistPlay,
    permission: "stop",
    states: ["queued"],
    fits: (job) => job.held !== null,
  },
  {
    id: "stop",
    title: "Stop",
    icon: mdiStop,
    permission: "stop",
    states: ["queued", ...PLACED, "pausing", "paused"],
    warning: "It ends for good, with time to save its work. It can be retried from its last checkpoint.",
  },
  {
    id: "kill",
    title: "Kill",
    icon: mdiSkullOutline,
    permission: "stop",
    states: ["queued", ...PLACED, "pausing", "paused", "stopping"],
    warning: "It ends at once. What it did since its last checkpoint is lost.",
  },
  {
    id: "requeue",
    title: "Requeue",
    icon: mdiUndo,
    permission: "stop",
    states: PLACED,
    warning: "It saves its work where it can, gives up its place, and goes on when it is its turn again.",
  },
  { id: "retry", title: "Retry", icon: mdiReload, permission: "stop", states: ["failed", "cancelled"] },
];

/** What the reader may do to `job` now. */
export function actionsFor(job: Job, role: string): Action[] {
  return ACTIONS.filter(
    (action) => action.states.includes(job.state) && may(role, action.permission) && (!action.fits || action.fits(job)),
  );
}

/** Does it. Throws HeadError. */
export function act(job: string, action: Action["id"]): Promise<Job> {
  const params = { params: { path: { job } } };
  const stopping = { ...params, body: { grace: null } };
  switch (action) {
    case "stop":
      return ask(head.POST("/api/v1/jobs/{job}/stop", stopping));
    case "pause":
      return ask(head.POST("/api/v1/jobs/{job}/pause", stopping));
    case "requeue":
      return ask(head.POST("/api/v1/jobs/{job}/requeue", stopping));
    default:
      return ask(head.POST(`/api/v1/jobs/{job}/${action}`, params));
  }
}
