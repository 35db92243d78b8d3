/** The values of a chart as a table: of many points, some at even distances. */
import { Table, TableBody, TableCell, TableContainer, TableHead, TableRow } from "@mui/material";
import { duration, figure, moment } from "@/shared/format";
import { aligned, type Axis, type Line } from "./curves";

/** Rows that are shown at most; the file has all. */
const ROWS = 50;

export function ValueTable({ name, lines, axis }: { name: string; lines: readonly Line[]; axis: Axis }) {
  const [at, ...rows] = aligned(lines);
  const stride = Math.max(1, Math.ceil(at.length / ROWS));
  const shown = at.map((_, index) => index).filter((index) => index % stride === 0 || index === at.length - 1);
  const place = (value: number) => (axis === "step" ? value : axis === "clock" ? moment(value) : duration(value));
  return (
    <TableContainer sx={{ maxHeight: 320 }} tabIndex={0} role="region" aria-label={`Values of ${name}`}>
      <Table size="small" stickyHeader>
        <TableHead>
          <TableRow>
            <TableCell>{axis === "step" ? "Step" : "Time"}</TableCell>
            {lines.map((line) => (
              <TableCell key={line.label} align="right">
                {line.label}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {shown.map((index) => (
            <TableRow key={index}>
              <TableCell>{place(at[index] ?? 0)}</TableCell>
              {rows.map((row, column) => (
                <TableCell key={lines[column]?.label} align="right">
                  {row[index] === null ? "not a number" : figure(row[index])}
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}
