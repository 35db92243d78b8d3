/** The teams: what the policy gives each, and what it holds. */
import { Table, TableBody, TableCell, TableHead, TableRow } from "@mui/material";
import type { components } from "@/api/schema";
import { percent } from "@/shared/format";
import { Scroller } from "@/shared/Scroller";

type Team = components["schemas"]["TeamView"];
type Holder = components["schemas"]["ShareholderView"];

const TITLES = ["Share", "Of all", "Guarantee", "Cap", "Holds", "Running", "Waiting"];

export function Teams({ teams }: { teams: readonly Team[] }) {
  const all = teams.reduce((sum, each) => sum + each.team.share, 0);
  return (
    <Scroller label="All teams" sheet>
      <Table size="small" aria-label="Teams">
        <TableHead>
          <TableRow>
            <TableCell>Team</TableCell>
            {TITLES.map((title) => (
              <TableCell key={title} align="right">
                {title}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {teams.map(({ team, users }) => [
            <Row key={team.name} holder={team} part={all ? team.share / all : null} />,
            ...users.map((user) => <Row key={user.name} holder={user} part={null} inner />),
          ])}
        </TableBody>
      </Table>
    </Scroller>
  );
}

function Row({ holder, part, inner = false }: { holder: Holder; part: number | null; inner?: boolean }) {
  return (
    <TableRow hover>
      <TableCell component="th" scope="row" sx={inner ? { pl: 5, color: "text.secondary" } : { fontWeight: 600 }}>
        <bdi>{inner ? holder.name.split("/").at(-1) : holder.name}</bdi>
      </TableCell>
      <TableCell align="right">{holder.share}</TableCell>
      <TableCell align="right">{part === null ? "" : percent(part)}</TableCell>
      <TableCell align="right">{holder.guarantee || "–"}</TableCell>
      <TableCell align="right">{holder.cap ?? "none"}</TableCell>
      <TableCell align="right">{holder.holds}</TableCell>
      <TableCell align="right">{holder.running}</TableCell>
      <TableCell align="right">{holder.waiting}</TableCell>
    </TableRow>
  );
}
