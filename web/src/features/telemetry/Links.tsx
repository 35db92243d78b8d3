/** The network interfaces of a node: how fast each could be, and what goes over it. */
import { Table, TableBody, TableCell, TableHead, TableRow, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { ask, head } from "@/api/client";
import type { Worker } from "@/api/types";
import { bytes, figure } from "@/shared/format";
import { Scroller } from "@/shared/Scroller";

export function Links({ node }: { node: Worker }) {
  const measured = useQuery({
    // With each second that the node is heard in.
    queryKey: ["telemetry", node.id, Math.floor(node.heard ?? 0)],
    queryFn: () => ask(head.GET("/api/v1/workers/{worker}/telemetry", { params: { path: { worker: node.id } } })),
    placeholderData: (before) => before,
    enabled: node.heard !== null,
    retry: false,
    gcTime: 2000,
  }).data;
  if (!measured?.network.length) return null;
  const rate = (value: number | null) => (value === null ? "–" : `${bytes(value)}/s`);
  return (
    <section>
      <Typography variant="h2" sx={{ mb: 1 }}>
        Links
      </Typography>
      <Scroller label="All links" sheet>
        <Table size="small" aria-label="Links">
          <TableHead>
            <TableRow>
              <TableCell>Interface</TableCell>
              <TableCell align="right">Speed</TableCell>
              <TableCell align="right">Received</TableCell>
              <TableCell align="right">Sent</TableCell>
              <TableCell align="right">Errors</TableCell>
            </TableRow>
          </TableHead>
          <TableBody>
            {measured.network.map((link) => (
              <TableRow key={link.name}>
                <TableCell component="th" scope="row">
                  {link.name}
                </TableCell>
                <TableCell align="right">
                  {link.speed_mbit ? `${figure(link.speed_mbit / 1000)} Gbit/s` : "–"}
                </TableCell>
                <TableCell align="right">{rate(link.receive_rate)}</TableCell>
                <TableCell align="right">{rate(link.send_rate)}</TableCell>
                <TableCell align="right">{link.errors}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </Scroller>
    </section>
  );
}
