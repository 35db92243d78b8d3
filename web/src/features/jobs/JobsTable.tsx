/** The rows: one for each job, and one for each team where they are grouped. */
import { mdiChevronDown, mdiChevronRight } from "@mdi/js";
import { ButtonBase, useMediaQuery } from "@mui/material";
import { useMemo, useState } from "react";
import { Link, useNavigate } from "react-router";
import type { Job } from "@/api/types";
import { Ago, Lasting } from "@/shared/Ago";
import { Icon } from "@/shared/Icon";
import { StateChip } from "@/shared/StateChip";
import { type Column, VirtualTable } from "@/shared/VirtualTable";
import { asks, type Group, type Line, lines, type View } from "./view";
import { Waiting } from "./Waiting";

const ROW = 40;

/** Columns after the name that a phone shows. */
const NARROW = 2;

/** `set` with `id`, or without it where it was in it. */
function toggle(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return new Set(set.has(id) ? [...set].filter((each) => each !== id) : [...set, id]);
}

interface Props {
  rows: readonly Job[];
  view: View;
  onChange: (view: View) => void;
  chosen: ReadonlySet<string>;
  setChosen: (chosen: ReadonlySet<string>) => void;
}

export function JobsTable({ rows, view, onChange, chosen, setChosen }: Props) {
  const navigate = useNavigate();
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const narrow = useMediaQuery("(max-width: 700px)");
  const all = useMemo(() => lines(rows, view.grouped, closed), [rows, view.grouped, closed]);
  const columns = useMemo(() => {
    const check: Column<Line> = {
      id: "chosen",
      title: "",
      width: 44,
      cell: (line) =>
        "job" in line && (
          <input
            type="checkbox"
            checked={chosen.has(line.job.id)}
            onChange={() => setChosen(toggle(chosen, line.job.id))}
            aria-label={`Choose ${line.job.name}`}
          />
        ),
    };
    return [
      check,
      nameColumn(closed, (team) => setClosed(toggle(closed, team))),
      ...(narrow ? COLUMNS.slice(0, NARROW) : COLUMNS),
    ];
  }, [chosen, setChosen, closed, narrow]);
  return (
    <VirtualTable
      label="Jobs"
      rows={all}
      columns={columns}
      keyOf={(line) => ("job" in line ? line.job.id : `team ${line.group.team}`)}
      height={ROW}
      sorting={view.sorting}
      onSort={(sorting) => onChange({ ...view, sorting })}
      onOpen={(line) => "job" in line && void navigate(`/jobs/${line.job.id}`)}
      onChoose={(line) => "job" in line && setChosen(toggle(chosen, line.job.id))}
      isSelected={(line) => "job" in line && chosen.has(line.job.id)}
    />
  );
}

function nameColumn(closed: ReadonlySet<string>, toggle: (team: string) => void): Column<Line> {
  return {
    id: "name",
    title: "Job",
    width: 160,
    grow: 2,
    sortable: true,
    cell: (line) =>
      "job" in line ? (
        <Link to={`/jobs/${line.job.id}`} title={`${line.job.name} (${line.job.id})`}>
          <bdi>{line.job.name}</bdi>
        </Link>
      ) : (
        <TeamButton group={line.group} open={!closed.has(line.group.team)} onClick={() => toggle(line.group.team)} />
      ),
  };
}

function TeamButton({ group, open, onClick }: { group: Group; open: boolean; onClick: () => void }) {
  return (
    <ButtonBase data-wide onClick={onClick} aria-expanded={open} sx={{ font: "inherit", fontWeight: 650 }}>
      <Icon path={open ? mdiChevronDown : mdiChevronRight} />
      <span>
        <bdi>{group.team}</bdi>: {group.jobs} {group.jobs === 1 ? "job" : "jobs"}, {group.live} live
      </span>
    </ButtonBase>
  );
}

/** A column about jobs; rows of teams have nothing there. */
function column(
  id: string,
  title: string,
  width: number,
  cell: (job: Job) => React.ReactNode,
  more: Partial<Column<Line>> = {},
): Column<Line> {
  return { id, title, width, sortable: true, cell: (line) => ("job" in line ? cell(line.job) : null), ...more };
}

const COLUMNS: readonly Column<Line>[] = [
  column("state", "State", 126, (job) => <StateChip state={job.state} />),
  column("why", "Why", 220, (job) => <Waiting job={job} />, {
    sortable: false,
    grow: 3,
  }),
  column("asks", "Asks for", 110, asks),
  column("team", "Team", 100, (job) => <bdi>{job.team}</bdi>),
  column("owner", "Owner", 100, (job) => <bdi>{job.owner}</bdi>),
  column("class", "Class", 90, (job) => job.class),
  column("priority", "Priority", 84, (job) => job.priority, { align: "end" }),
  column("submitted", "Submitted", 120, (job) => <Ago at={job.submitted} />),
  column("lasted", "Runs", 90, (job) => job.started && <Lasting from={job.started} to={job.ended} />),
];
