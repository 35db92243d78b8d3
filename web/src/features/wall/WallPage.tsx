/**
 * The fleet for a display on a wall, which nobody touches: large, without a menu, and in turns where it is more than
 * one screenful.
 */
import { Box, Paper, Stack, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { jobsQuery, queueQuery, workersQuery } from "@/api/queries";
import type { Job, Worker } from "@/api/types";
import { ConnectionBanner } from "@/app/ConnectionBanner";
import { Totals } from "@/features/fleet/Totals";
import { Ago, Lasting, useNow } from "@/shared/Ago";
import { Loaded } from "@/shared/Loaded";
import { StateChip } from "@/shared/StateChip";
import { screenOf, TURN } from "./turn";
import { WallNode } from "./WallNode";

/** Jobs of each list. */
const LISTED = 6;

export function Component() {
  const workers = useQuery(workersQuery);
  useAwake();
  useEffect(() => {
    document.title = "Wall · TensorFleet";
  }, []);
  return (
    <Box component="main" sx={{ minHeight: "100dvh", p: 2, fontSize: "clamp(14px, 1vw + 6px, 28px)" }}>
      <Typography variant="h1" sx={{ position: "absolute", clipPath: "inset(50%)" }}>
        TensorFleet
      </Typography>
      <ConnectionBanner />
      <Loaded query={workers}>{(nodes) => <Wall nodes={nodes} />}</Loaded>
    </Box>
  );
}

function Wall({ nodes }: { nodes: readonly Worker[] }) {
  const turn = Math.floor(useNow() / TURN);
  const members = nodes.filter((node) => node.state !== "pending");
  const { shown, screen, screens } = screenOf(members, turn);
  return (
    <Stack spacing={2}>
      <Totals nodes={nodes} />
      <Box sx={{ display: "grid", gap: 2, gridTemplateColumns: { xs: "1fr", md: "minmax(0, 3fr) minmax(0, 1fr)" } }}>
        <Box>
          <Box
            sx={{ display: "grid", gap: 1.5, gridTemplateColumns: "repeat(auto-fill, minmax(min(14em, 100%), 1fr))" }}
          >
            {shown.map((node) => (
              <WallNode key={node.id} node={node} />
            ))}
          </Box>
          {screens > 1 && (
            <Typography color="text.secondary" sx={{ mt: 1, fontSize: "inherit" }}>
              {screen} of {screens}
            </Typography>
          )}
        </Box>
        <Stack spacing={2}>
          <Lists />
        </Stack>
      </Box>
    </Stack>
  );
}

function Lists() {
  const queue = useQuery(queueQuery).data;
  const jobs = useQuery(jobsQuery).data?.items ?? [];
  const running = jobs.filter((job) => job.state === "running");
  const ended = jobs.filter((job) => job.ended !== null).sort((one, other) => (other.ended ?? 0) - (one.ended ?? 0));
  return (
    <>
      <List title={`Running, ${running.length}`}>
        {running.slice(0, LISTED).map((job) => (
          <Row key={job.id} name={job.name} beside={<Lasting from={job.started ?? job.since} />} />
        ))}
      </List>
      <List title={`Waiting, ${queue?.waiting ?? 0}`}>
        {queue?.items.slice(0, LISTED).map((entry) => (
          <Row key={entry.job} name={entry.name} beside={<Ago at={entry.since} />} below={entry.text} />
        ))}
      </List>
      <List title="Ended">
        {ended.slice(0, LISTED).map((job: Job) => (
          <Row key={job.id} name={job.name} beside={<StateChip state={job.state} />} />
        ))}
      </List>
    </>
  );
}

function List({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Paper component="section" aria-label={title} sx={{ p: 1.5 }}>
      <Typography variant="h2" sx={{ fontSize: "1.1em", mb: 0.5 }}>
        {title}
      </Typography>
      <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
        {children}
      </Box>
    </Paper>
  );
}

function Row({ name, beside, below }: { name: string; beside: ReactNode; below?: string }) {
  return (
    <Box component="li" sx={{ py: 0.5 }}>
      <Stack direction="row" sx={{ justifyContent: "space-between", gap: 1 }}>
        <Box component="bdi" sx={{ fontWeight: 650, overflow: "hidden", textOverflow: "ellipsis" }}>
          {name}
        </Box>
        <Box sx={{ whiteSpace: "nowrap" }}>{beside}</Box>
      </Stack>
      {below && <Box sx={{ color: "text.secondary", fontSize: "0.85em", overflowWrap: "anywhere" }}>{below}</Box>}
    </Box>
  );
}

/** Keeps the display from going dark, where the browser lets a page do that. */
function useAwake(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | undefined;
    const ask = async () => {
      if (!document.hidden && "wakeLock" in navigator) lock = await navigator.wakeLock.request("screen");
    };
    // Refused on low battery, for one: then the display does what it does.
    const tried = () => void ask().catch(() => undefined);
    tried();
    document.addEventListener("visibilitychange", tried);
    return () => {
      document.removeEventListener("visibilitychange", tried);
      void lock?.release();
    };
  }, []);
}
