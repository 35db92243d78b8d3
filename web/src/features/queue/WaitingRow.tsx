/** One job that waits: where it stands, for what, and since when. */
import { useSortable } from "@dnd-kit/sortable";
import { CSS } from "@dnd-kit/utilities";
import { mdiDragVertical } from "@mdi/js";
import { IconButton, Link as MuiLink, TableCell, TableRow } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { whyQuery } from "@/api/queries";
import { Ago, Lasting } from "@/shared/Ago";
import { Icon } from "@/shared/Icon";
import type { Entry } from "./order";

interface Props {
  entry: Entry;
  mayMove: boolean;
  narrow: boolean;
}

export function WaitingRow({ entry, mayMove, narrow }: Props) {
  const { setNodeRef, setActivatorNodeRef, attributes, listeners, transform, transition, isDragging } = useSortable({
    id: entry.job,
    disabled: !mayMove,
  });
  return (
    <TableRow
      ref={setNodeRef}
      hover
      style={{ transform: CSS.Translate.toString(transform), transition }}
      sx={isDragging ? { position: "relative", zIndex: 1, bgcolor: "background.paper", boxShadow: 4 } : {}}
    >
      {mayMove && (
        <TableCell padding="checkbox">
          <IconButton
            size="small"
            ref={setActivatorNodeRef}
            {...attributes}
            {...listeners}
            aria-label={`Move ${entry.name}`}
            sx={{ cursor: "grab", touchAction: "none" }}
          >
            <Icon path={mdiDragVertical} />
          </IconButton>
        </TableCell>
      )}
      <TableCell>{entry.position}</TableCell>
      <TableCell sx={{ overflowWrap: "anywhere" }}>
        <MuiLink component={Link} to={`/jobs/${entry.job}`}>
          <bdi>{entry.name}</bdi>
        </MuiLink>
      </TableCell>
      {!narrow && (
        <TableCell>
          {entry.ranks} {entry.kind === "gpu" ? "GPU" : "slot"}
          {entry.ranks === 1 ? "" : "s"}
        </TableCell>
      )}
      {!narrow && (
        <TableCell>
          {entry.class}, {entry.priority}
        </TableCell>
      )}
      {!narrow && (
        <TableCell>
          <bdi>{entry.team}</bdi>, <bdi>{entry.owner}</bdi>
        </TableCell>
      )}
      {!narrow && (
        <TableCell>
          <Lasting from={entry.since} />
        </TableCell>
      )}
      <TableCell>{entry.held_by ? `held by ${entry.held_by}` : <Likely job={entry.job} />}</TableCell>
      {!narrow && <TableCell>{entry.text}</TableCell>}
    </TableRow>
  );
}

function Likely({ job }: { job: string }) {
  const eta = useQuery(whyQuery(job)).data?.eta;
  return eta?.likely ? <Ago at={eta.likely} /> : "unknown";
}
