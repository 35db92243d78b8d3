/** Every node and GPU at a glance. */
import { Box, Button, Stack, TextField, ToggleButton, ToggleButtonGroup, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { workersQuery } from "@/api/queries";
import type { Worker } from "@/api/types";
import { Loaded } from "@/shared/Loaded";
import { Page } from "@/shared/Page";
import { useMay } from "@/shared/roles";
import { AddAgent, FirstAgent } from "./AddAgent";
import { MEASURES, type Measure } from "./look";
import { NodeCard } from "./NodeCard";
import { Pending } from "./Pending";
import { Totals } from "./Totals";

export function Component() {
  const workers = useQuery(workersQuery);
  const mayAdd = useMay("administer");
  return (
    <Page
      title="Fleet"
      actions={
        Boolean(workers.data?.length) && (
          <>
            <Button component={Link} to="/wall">
              Wall display
            </Button>
            {mayAdd && <AddAgent />}
          </>
        )
      }
    >
      <Loaded query={workers}>{(nodes) => (nodes.length ? <Grid nodes={nodes} /> : <FirstAgent />)}</Loaded>
    </Page>
  );
}

function Grid({ nodes }: { nodes: readonly Worker[] }) {
  const [search, setSearch] = useSearchParams();
  const measure = MEASURES.find((each) => each === search.get("by")) ?? "utilisation";
  const words = search.get("q") ?? "";
  const go = (name: string, value: string) =>
    setSearch(
      (before) => {
        if (value) before.set(name, value);
        else before.delete(name);
        return before;
      },
      { replace: true },
    );
  const members = nodes.filter((node) => node.state !== "pending");
  const shown = members.filter((node) => matches(node, words.toLowerCase()));
  return (
    <Stack spacing={2}>
      {nodes
        .filter((node) => node.state === "pending")
        .map((node) => (
          <Pending key={node.id} node={node} />
        ))}
      <Totals nodes={nodes} />
      <Stack direction="row" useFlexGap sx={{ flexWrap: "wrap", gap: 2, alignItems: "center" }}>
        <TextField
          label="Filter"
          type="search"
          value={words}
          onChange={(event) => go("q", event.target.value)}
          sx={{ width: 200 }}
        />
        <ToggleButtonGroup
          exclusive
          size="small"
          value={measure}
          aria-label="What the colour of a GPU shows"
          onChange={(_, value: Measure | null) => value && go("by", value)}
        >
          {MEASURES.map((each) => (
            <ToggleButton key={each} value={each}>
              {each}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
        {shown.length < members.length && (
          <Typography role="status" color="text.secondary">
            {shown.length} of {members.length} nodes
          </Typography>
        )}
      </Stack>
      <Box sx={{ display: "grid", gap: 2, gridTemplateColumns: "repeat(auto-fill, minmax(min(340px, 100%), 1fr))" }}>
        {shown.map((node) => (
          <NodeCard key={node.id} node={node} measure={measure} />
        ))}
      </Box>
    </Stack>
  );
}

/** Whether a node's name, state, labels or models say `words`. */
function matches(node: Worker, words: string): boolean {
  const labels = Object.entries(node.labels).map(([name, value]) => `${name}=${value}`);
  const models = node.gpus.flatMap((gpu) => [gpu.model, gpu.state]);
  return [node.name, node.state, node.hostname, ...labels, ...models].some((text) =>
    text.toLowerCase().includes(words),
  );
}
