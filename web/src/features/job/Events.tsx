/** Everything that was noted about a job, newest first. */
import { Table, TableBody, TableCell, TableHead, TableRow } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import type { Job } from "@/api/types";
import { Loaded } from "@/shared/Loaded";
import { clock, moment } from "@/shared/format";
import { eventsQuery } from "./queries";
import { Scroller } from "@/shared/Scroller";

export function Events({ job }: { job: Job }) {
  const query = useQuery(eventsQuery(job.id));
  return (
    <Loaded query={query}>
      {(events) => (
        <Scroller label="Events">
          <Table size="small" aria-label="Events">
            <TableHead>
              <TableRow>
                {["When", "What", "Kind", "By"].map((title) => (
                  <TableCell key={title}>{title}</TableCell>
                ))}
              </TableRow>
            </TableHead>
            <TableBody>
              {events.toReversed().map((event) => (
                <TableRow key={event.id}>
                  <TableCell title={moment(event.at)} sx={{ whiteSpace: "nowrap" }}>
                    {clock(event.at)}
                  </TableCell>
                  <TableCell sx={{ minWidth: 220, overflowWrap: "anywhere" }}>
                    <bdi>{event.text}</bdi>
                  </TableCell>
                  <TableCell>
                    <code>{event.kind}</code>
                  </TableCell>
                  <TableCell>{event.actor || "–"}</TableCell>
                </TableRow>
              ))}
            </TableBody>
          </Table>
        </Scroller>
      )}
    </Loaded>
  );
}
