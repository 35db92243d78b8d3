/** One node: what it is, what it does, and what each of its GPUs measures. */
import { Chip, Paper, Stack, Table, TableBody, TableCell, TableHead, TableRow, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { HeadError } from "@/api/client";
import { workersQuery } from "@/api/queries";
import type { Worker } from "@/api/types";
import { Ago } from "@/shared/Ago";
import { bytes, figure, moment, percent } from "@/shared/format";
import { JobLink } from "@/shared/JobLink";
import { Loaded, Refusal } from "@/shared/Loaded";
import { Page } from "@/shared/Page";
import { StateChip } from "@/shared/StateChip";
import { Scroller } from "@/shared/Scroller";
import { Links } from "@/features/telemetry/Links";
import { NodeHistory } from "@/features/telemetry/NodeHistory";
import { NodeActions } from "./NodeActions";

export function Component() {
  const { node: name = "" } = useParams();
  const workers = useQuery(workersQuery);
  return (
    <Loaded query={workers}>
      {(nodes) => {
        const node = nodes.find((each) => each.name === name || each.id === name);
        return node ? <Node node={node} /> : <Gone name={name} />;
      }}
    </Loaded>
  );
}

function Gone({ name }: { name: string }) {
  return (
    <Page title={name}>
      <Refusal error={new HeadError(404, "not_found", `There is no node ${name}.`, "It may have been removed.")} />
    </Page>
  );
}

function Node({ node }: { node: Worker }) {
  return (
    <Page title={node.name} beside={<StateChip state={node.state} />} actions={<NodeActions node={node} />}>
      <Stack spacing={3}>
        <Facts node={node} />
        {node.gpus.length > 0 && <Gpus node={node} />}
        <Links node={node} />
        <section>
          <Typography variant="h2" sx={{ mb: 1 }}>
            Jobs
          </Typography>
          {node.jobs.length ? (
            <Stack direction="row" useFlexGap sx={{ flexWrap: "wrap", gap: 1.5 }}>
              {node.jobs.map((job) => (
                <JobLink key={job} job={job} />
              ))}
            </Stack>
          ) : (
            <Typography color="text.secondary">Nothing runs here.</Typography>
          )}
        </section>
        <NodeHistory node={node} />
      </Stack>
    </Page>
  );
}

function Facts({ node }: { node: Worker }) {
  const facts: [string, React.ReactNode][] = [
    ["Host", `${node.hostname} (${node.addresses.join(", ")})`],
    ["CPU", `${figure(node.cpus)} cores, ${percent(node.cpu === null ? null : node.cpu / 100)} busy`],
    ["Memory", `${bytes(node.memory_used)} of ${bytes(node.memory)}`],
    ["Slots", `${node.slots_free} of ${node.slots} free`],
    ["Disk", node.disk],
    ["Heard", node.heard ? <Ago key="heard" at={node.heard} /> : "never"],
    ["Joined", moment(node.joined)],
    ["Agent", node.version],
    ["Containment", node.containment],
    [
      "Labels",
      Object.keys(node.labels).length ? (
        <Stack key="labels" direction="row" component="span" sx={{ gap: 0.5, flexWrap: "wrap" }}>
          {Object.entries(node.labels).map(([label, value]) => (
            <Chip key={label} size="small" label={`${label}=${value}`} />
          ))}
        </Stack>
      ) : (
        "none"
      ),
    ],
  ];
  return (
    <Paper>
      <Table size="small" aria-label="About this node">
        <TableBody>
          {facts.map(([title, fact]) => (
            <TableRow key={title}>
              <TableCell component="th" scope="row" sx={{ width: 120, color: "text.secondary" }}>
                {title}
              </TableCell>
              <TableCell sx={{ overflowWrap: "anywhere" }}>{fact}</TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Paper>
  );
}

const TITLES = ["State", "Job", "Used", "Memory", "Temperature", "Power", "Note"];

function Gpus({ node }: { node: Worker }) {
  return (
    <section>
      <Typography variant="h2" sx={{ mb: 1 }}>
        GPUs
      </Typography>
      <Scroller label="All GPUs" sheet>
        <Table size="small" aria-label="GPUs">
          <TableHead>
            <TableRow>
              <TableCell>GPU</TableCell>
              {TITLES.map((title) => (
                <TableCell key={title}>{title}</TableCell>
              ))}
            </TableRow>
          </TableHead>
          <TableBody>
            {node.gpus.map((gpu) => (
              <TableRow key={gpu.uuid} hover>
                <TableCell component="th" scope="row">
                  {gpu.index}: {gpu.model}
                </TableCell>
                <TableCell>{gpu.state}</TableCell>
                <TableCell>{gpu.job ? <JobLink job={gpu.job} /> : "–"}</TableCell>
                <TableCell>{percent(gpu.utilisation === null ? null : gpu.utilisation / 100)}</TableCell>
                <TableCell>
                  {bytes(gpu.memory_used)} of {bytes(gpu.memory)}
                </TableCell>
                <TableCell>{gpu.temperature === null ? "–" : `${Math.round(gpu.temperature)} °C`}</TableCell>
                <TableCell>{gpu.power === null ? "–" : `${Math.round(gpu.power)} W`}</TableCell>
                <TableCell>{gpu.note}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </Scroller>
    </section>
  );
}
