/** The runs a job had so far, and how each ended. */
import { Table, TableBody, TableCell, TableHead, TableRow } from "@mui/material";
import { Link } from "react-router";
import type { Job } from "@/api/types";
import { Lasting } from "@/shared/Ago";
import { clock } from "@/shared/format";
import { Scroller } from "@/shared/Scroller";
import { Section } from "./Section";

export function Attempts({ job }: { job: Job }) {
  return (
    <Section title="Attempts">
      <Scroller label="Attempts">
        <Table size="small">
          <TableHead>
            <TableRow>
              {["Attempt", "Placed", "Ran", "Nodes", "How it ended"].map((title) => (
                <TableCell key={title}>{title}</TableCell>
              ))}
            </TableRow>
          </TableHead>
          <TableBody>
            {job.history.toReversed().map((attempt) => (
              <TableRow key={attempt.number}>
                <TableCell>
                  <Link to={`/jobs/${job.id}/logs?attempt=${attempt.number}`}>{attempt.number}</Link>
                </TableCell>
                <TableCell>{clock(attempt.placed)}</TableCell>
                <TableCell>
                  {attempt.started === null ? "–" : <Lasting from={attempt.started} to={attempt.ended} />}
                </TableCell>
                <TableCell>{attempt.nodes.join(", ")}</TableCell>
                <TableCell sx={{ minWidth: 200, overflowWrap: "anywhere" }}>{attempt.cause || "It goes on."}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </Scroller>
    </Section>
  );
}
