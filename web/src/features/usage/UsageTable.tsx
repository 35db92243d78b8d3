/** The report as a table, its GPU-hours also as bars. */
import { Box, Link as MuiLink, Table, TableBody, TableCell, TableHead, TableRow } from "@mui/material";
import { Link } from "react-router";
import { duration, hours, percent } from "@/shared/format";
import { Scroller } from "@/shared/Scroller";
import type { UsageRow } from "./csv";

const TITLES = ["GPU-hours", "Slot-hours", "Useful", "Lost", "Efficiency", "Jobs", "Mean wait", "90 % waited under"];

export function UsageTable({ rows, by, title }: { rows: readonly UsageRow[]; by: string; title: string }) {
  const most = Math.max(...rows.map((row) => row.gpu_hours + row.slot_hours), Number.MIN_VALUE);
  return (
    <Scroller label="All usage" sheet>
      <Table size="small" aria-label="Usage">
        <TableHead>
          <TableRow>
            <TableCell>{title}</TableCell>
            <TableCell aria-hidden />
            {TITLES.map((each) => (
              <TableCell key={each} align="right">
                {each}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {rows.map((row) => (
            <TableRow key={row.name} hover>
              <TableCell component="th" scope="row">
                {by === "job" ? (
                  <MuiLink component={Link} to={`/jobs/${row.name}`}>
                    {row.name}
                  </MuiLink>
                ) : (
                  <bdi>{row.name}</bdi>
                )}
              </TableCell>
              <TableCell aria-hidden sx={{ width: 140, minWidth: 80 }}>
                <Box
                  sx={{ height: 10, borderRadius: 1, bgcolor: "primary.main" }}
                  style={{ width: `${(100 * (row.gpu_hours + row.slot_hours)) / most}%` }}
                />
              </TableCell>
              <TableCell align="right">{hours(row.gpu_hours)}</TableCell>
              <TableCell align="right">{hours(row.slot_hours)}</TableCell>
              <TableCell align="right">{hours(row.useful_hours)}</TableCell>
              <TableCell align="right">{hours(row.lost_hours)}</TableCell>
              <TableCell align="right">{percent(row.efficiency)}</TableCell>
              <TableCell align="right">{row.jobs}</TableCell>
              <TableCell align="right">{duration(row.mean_wait)}</TableCell>
              <TableCell align="right">{duration(row.p90_wait)}</TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Scroller>
  );
}
