/** The ranks of the latest attempt, on their nodes. */
import { Table, TableBody, TableCell, TableHead, TableRow } from "@mui/material";
import { Link } from "react-router";
import type { Job, Share } from "@/api/types";
import { Scroller } from "@/shared/Scroller";
import { Section } from "./Section";

function ranksOf({ first_rank: first, ranks }: Share): string {
  return ranks === 1 ? `${first}` : `${first} – ${first + ranks - 1}`;
}

export function Ranks({ job }: { job: Job }) {
  return (
    <Section title="Ranks on their nodes">
      <Scroller label="Ranks on their nodes">
        <Table size="small">
          <TableHead>
            <TableRow>
              {["Node", "Ranks", "Phase", "GPUs", "Log"].map((title) => (
                <TableCell key={title}>{title}</TableCell>
              ))}
            </TableRow>
          </TableHead>
          <TableBody>
            {job.shares.map((share) => (
              <TableRow key={share.node_rank}>
                <TableCell>
                  <Link to={`/fleet/${share.node}`}>
                    <bdi>{share.node}</bdi>
                  </Link>
                </TableCell>
                <TableCell>{ranksOf(share)}</TableCell>
                <TableCell>{share.phase}</TableCell>
                <TableCell sx={{ overflowWrap: "anywhere" }}>{share.gpus.join(", ") || "–"}</TableCell>
                <TableCell>
                  <Link
                    to={`/jobs/${job.id}/logs?rank=${share.first_rank}`}
                    aria-label={`Log of rank ${share.first_rank}`}
                  >
                    Rank {share.first_rank}
                  </Link>
                </TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </Scroller>
    </Section>
  );
}
