/** Values of several jobs side by side; those that are not all the same stand out by more than colour. */
import { Table, TableBody, TableCell, TableContainer, TableHead, TableRow, Typography } from "@mui/material";
import type { Job } from "@/api/types";
import type { Difference } from "./differences";

interface Props {
  title: string;
  jobs: readonly Job[];
  rows: readonly Difference[];
  /** Whether rows whose values are all the same are shown, too. */
  all: boolean;
}

export function DifferenceTable({ title, jobs, rows, all }: Props) {
  const shown = rows.filter((row) => all || row.differs);
  return (
    <section aria-label={title}>
      <Typography variant="h2" sx={{ mt: 2, mb: 1 }}>
        {title}
      </Typography>
      {shown.length ? (
        <TableContainer tabIndex={0} role="region" aria-label={`${title}, side by side`}>
          <Table size="small">
            <TableHead>
              <TableRow>
                <TableCell />
                {jobs.map((job) => (
                  <TableCell key={job.id}>
                    <bdi>{job.name}</bdi>
                  </TableCell>
                ))}
              </TableRow>
            </TableHead>
            <TableBody>
              {shown.map((row) => (
                <TableRow key={row.name}>
                  <TableCell component="th" scope="row" sx={{ fontWeight: row.differs ? 650 : 400 }}>
                    {row.name}
                  </TableCell>
                  {row.values.map((value, index) => (
                    <TableCell key={jobs[index]?.id} sx={{ overflowWrap: "anywhere", minWidth: 90 }}>
                      {value || "–"}
                    </TableCell>
                  ))}
                </TableRow>
              ))}
            </TableBody>
          </Table>
        </TableContainer>
      ) : (
        <Typography color="text.secondary">{rows.length ? "They are all the same." : "There are none yet."}</Typography>
      )}
    </section>
  );
}
