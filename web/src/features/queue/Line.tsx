/** The line of those who wait. Where the role allows, a row is dragged to another place, by mouse, finger or keys. */
import {
  closestCenter,
  DndContext,
  type DragEndEvent,
  KeyboardSensor,
  MouseSensor,
  TouchSensor,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { SortableContext, sortableKeyboardCoordinates, verticalListSortingStrategy } from "@dnd-kit/sortable";
import {
  Button,
  Paper,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  useMediaQuery,
} from "@mui/material";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, head } from "@/api/client";
import { client, queueQuery } from "@/api/queries";
import { useNotices } from "@/shared/Notices";
import { useMay } from "@/shared/roles";
import { announcements, type Entry, type Move, moved, moveFor } from "./order";
import { WaitingRow } from "./WaitingRow";

const MORE = 200;

export function Line({ entries }: { entries: readonly Entry[] }) {
  const [most, setMost] = useState(MORE);
  const narrow = useMediaQuery("(max-width: 700px)");
  const mayMove = useMay("stop");
  const notices = useNotices();
  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 4 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 200, tolerance: 8 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  );
  const move = useMutation({
    mutationFn: ({ job, body }: { job: string; body: Move }) =>
      ask(head.POST("/api/v1/jobs/{job}/move", { params: { path: { job } }, body })),
    onError: notices.refuse,
    // Whoever moved something meanwhile: the head's order is what counts.
    onSettled: () => client.invalidateQueries({ queryKey: queueQuery.queryKey }),
  });

  function dropped({ active, over }: DragEndEvent): void {
    const place = (id: string | number | undefined) => entries.findIndex((each) => each.job === id);
    const [from, to] = [place(active.id), place(over?.id)];
    if (from < 0 || to < 0 || from === to) return;
    client.setQueryData(queueQuery.queryKey, (page) => page && { ...page, items: moved(entries, from, to) });
    move.mutate({ job: String(active.id), body: moveFor(entries, from, to) });
  }

  const shown = entries.slice(0, most);
  return (
    <Paper>
      <DndContext
        accessibility={{ announcements: announcements(entries) }}
        sensors={sensors}
        collisionDetection={closestCenter}
        onDragEnd={dropped}
      >
        <TableContainer>
          <Table size="small" aria-label="Jobs that wait">
            <TableHead>
              <TableRow>
                {mayMove && <TableCell>Order</TableCell>}
                <TableCell>Place</TableCell>
                <TableCell>Job</TableCell>
                {!narrow && <TableCell>Asks for</TableCell>}
                {!narrow && <TableCell>Class, priority</TableCell>}
                {!narrow && <TableCell>Team, owner</TableCell>}
                {!narrow && <TableCell>Waits</TableCell>}
                <TableCell>Likely start</TableCell>
                {!narrow && <TableCell>Why</TableCell>}
              </TableRow>
            </TableHead>
            <TableBody>
              <SortableContext items={shown.map((each) => each.job)} strategy={verticalListSortingStrategy}>
                {shown.map((entry) => (
                  <WaitingRow key={entry.job} entry={entry} mayMove={mayMove} narrow={narrow} />
                ))}
              </SortableContext>
            </TableBody>
          </Table>
        </TableContainer>
      </DndContext>
      {entries.length > most && (
        <Button onClick={() => setMost(most + MORE)} sx={{ m: 1 }}>
          Show {Math.min(MORE, entries.length - most)} more of {entries.length.toLocaleString()}
        </Button>
      )}
    </Paper>
  );
}
