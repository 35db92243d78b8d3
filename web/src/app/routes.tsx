/** Which page an address shows. Each is a chunk of its own, loaded when it is first looked at. */
import { LinearProgress } from "@mui/material";
import { createBrowserRouter, Navigate } from "react-router";
import { Broken } from "./Broken";
import { Frame } from "./Frame";
import { NotFound } from "./NotFound";
import { Shell } from "./Shell";

const waiting = { hydrateFallbackElement: <LinearProgress aria-label="Loading" /> };

export const router = createBrowserRouter(
  [
    { path: "/sign-in", lazy: () => import("@/features/account/SignIn"), errorElement: <Broken />, ...waiting },
    {
      element: <Shell />,
      ...waiting,
      errorElement: <Broken />,
      children: [
        { path: "/wall", lazy: () => import("@/features/wall/WallPage") },
        {
          element: <Frame />,
          children: [
            { index: true, element: <Navigate to="/fleet" replace /> },
            { path: "/fleet", lazy: () => import("@/features/fleet/FleetPage") },
            { path: "/fleet/:node", lazy: () => import("@/features/fleet/NodePage") },
            { path: "/jobs", lazy: () => import("@/features/jobs/JobsPage") },
            { path: "/jobs/:job/:tab?", lazy: () => import("@/features/job/JobPage") },
            { path: "/compare", lazy: () => import("@/features/compare/ComparePage") },
            { path: "/new", lazy: () => import("@/features/composer/ComposerPage") },
            { path: "/queue", lazy: () => import("@/features/queue/QueuePage") },
            { path: "/usage", lazy: () => import("@/features/usage/UsagePage") },
            { path: "/policy", lazy: () => import("@/features/policy/PolicyPage") },
            { path: "/account", lazy: () => import("@/features/account/AccountPage") },
            { path: "*", element: <NotFound /> },
          ],
        },
      ],
    },
  ],
  { basename: "/ui" },
);
