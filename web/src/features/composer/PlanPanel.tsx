/** Where and when the job would start: in words, on the map of the fleet, and as a table. */
import { LinearProgress, Table, TableBody, TableCell, TableHead, TableRow, Typography } from "@mui/material";
import type { Plan } from "@/api/types";
import { Ago } from "@/shared/Ago";
import { Refusal } from "@/shared/Loaded";
import { FleetMap } from "./FleetMap";
import type { Unit } from "./map";

interface Props {
  name: string;
  plan: Plan | undefined;
  error: Error | null;
  asking: boolean;
  unit: Unit;
  only: string;
  ask: (node: string) => void;
}

export function PlanPanel({ name, plan, error, asking, unit, only, ask }: Props) {
  const known = error ? undefined : plan;
  return (
    <>
      <Typography variant="h2" sx={{ mb: 1 }}>
        Where it would run
      </Typography>
      {error && <Refusal error={error} />}
      {asking && <LinearProgress aria-label="Planning" />}
      <div role="status">{known && <Answer plan={known} />}</div>
      <FleetMap name={name} placement={known?.placement ?? []} unit={unit} only={only} ask={ask} />
      {known && known.placement.length > 0 && <Placement plan={known} />}
    </>
  );
}

function Answer({ plan }: { plan: Plan }) {
  const likely = plan.eta?.likely;
  return (
    <>
      <Typography sx={{ fontWeight: 650 }}>{plan.starts_now ? "It would start now." : "It would wait."}</Typography>
      {!plan.starts_now && (
        <Typography>
          {plan.text} {plan.hint}
        </Typography>
      )}
      {!plan.starts_now && likely && (
        <Typography>
          Likely to start <Ago at={likely} />.
        </Typography>
      )}
      {plan.remedy && <Typography>What would start it now: {plan.remedy.text}</Typography>}
    </>
  );
}

function Placement({ plan }: { plan: Plan }) {
  return (
    <Table size="small" aria-label="Placement" sx={{ mt: 1 }}>
      <TableHead>
        <TableRow>
          <TableCell>Node</TableCell>
          <TableCell align="right">Ranks</TableCell>
          <TableCell align="right">GPUs</TableCell>
        </TableRow>
      </TableHead>
      <TableBody>
        {plan.placement.map((share) => (
          <TableRow key={share.node_rank}>
            <TableCell>{share.node}</TableCell>
            <TableCell align="right">{share.ranks}</TableCell>
            <TableCell align="right">{share.gpus.length || "–"}</TableCell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}
