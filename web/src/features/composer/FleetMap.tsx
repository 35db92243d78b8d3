/** The fleet with the place that the planner would give the job; the job is dropped onto a node to ask for that one. */
import { useDraggable, useDroppable } from "@dnd-kit/core";
import { mdiDragVertical } from "@mdi/js";
import { Box, Button, Chip, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { workersQuery } from "@/api/queries";
import type { Share } from "@/api/types";
import { Icon } from "@/shared/Icon";
import { type Cell, MOST, type Tile, tiles, type Unit } from "./map";

interface Props {
  name: string;
  placement: readonly Share[];
  unit: Unit;
  /** The one node that the job file asks for; empty for any. */
  only: string;
  ask: (node: string) => void;
}

const LOOKS: Record<Cell, object> = {
  planned: { bgcolor: "primary.main", borderColor: "primary.main" },
  free: { borderColor: "text.secondary" },
  taken: { bgcolor: "action.disabledBackground", borderColor: "divider" },
  out: { borderColor: "warning.main", borderStyle: "dashed" },
};

export function FleetMap({ name, placement, unit, only, ask }: Props) {
  const nodes = useQuery(workersQuery).data ?? [];
  const all = tiles(nodes, placement, only, unit);
  const { setNodeRef, isOver } = useDroppable({ id: "fleet" });
  return (
    <Box
      ref={setNodeRef}
      component="section"
      aria-label="Map of the fleet"
      sx={{ my: 1, outline: isOver ? "2px dashed" : "none", outlineColor: "primary.main", outlineOffset: 4 }}
    >
      <Box sx={{ display: "flex", alignItems: "center", gap: 1, mb: 1, flexWrap: "wrap" }}>
        <JobHandle name={name} />
        <Typography variant="body2" color="text.secondary" sx={{ flex: "1 1 160px" }}>
          {only ? (
            <>
              Only on <bdi>{only}</bdi>. Drop it beside the nodes for any.
            </>
          ) : (
            "Drop the job onto a node to ask for that one."
          )}
        </Typography>
        {only && (
          <Button size="small" onClick={() => ask("")}>
            Any node
          </Button>
        )}
      </Box>
      <Box
        component="ul"
        sx={{
          listStyle: "none",
          m: 0,
          p: 0,
          display: "grid",
          gap: 1,
          gridTemplateColumns: "repeat(auto-fill, minmax(140px, 1fr))",
        }}
      >
        {all.slice(0, MOST).map((tile) => (
          <NodeTile key={tile.node.id} tile={tile} asked={tile.node.name === only} ask={ask} />
        ))}
      </Box>
      {all.length > MOST && (
        <Typography variant="body2" color="text.secondary" sx={{ mt: 1 }}>
          And {all.length - MOST} nodes more. The label node=NAME asks for one of them.
        </Typography>
      )}
    </Box>
  );
}

function JobHandle({ name }: { name: string }) {
  const { setNodeRef, listeners, isDragging } = useDraggable({ id: "the job", data: { title: name } });
  return (
    <Chip
      ref={setNodeRef}
      {...listeners}
      icon={<Icon path={mdiDragVertical} />}
      label={<bdi>{name}</bdi>}
      sx={{ cursor: "grab", touchAction: "none", maxWidth: "100%", opacity: isDragging ? 0.4 : 1 }}
    />
  );
}

function NodeTile({ tile, asked, ask }: { tile: Tile; asked: boolean; ask: (node: string) => void }) {
  const { node, cells, ranks, words } = tile;
  const { setNodeRef, isOver } = useDroppable({ id: `node ${node.name}`, data: { node: node.name } });
  return (
    <Box
      ref={setNodeRef}
      component="li"
      sx={{
        border: "1px solid",
        borderColor: ranks || isOver ? "primary.main" : "divider",
        boxShadow: isOver ? 4 : 0,
        borderRadius: 1,
        p: 1,
        minWidth: 0,
      }}
    >
      <Typography variant="body2" noWrap sx={{ fontWeight: 650 }}>
        <bdi>{node.name}</bdi>
      </Typography>
      <Box aria-hidden sx={{ display: "flex", flexWrap: "wrap", gap: "3px", my: 0.5 }}>
        {cells.slice(0, 64).map((cell, place) => (
          <Box key={place} sx={{ width: 12, height: 12, border: "1px solid", borderRadius: "2px", ...LOOKS[cell] }} />
        ))}
      </Box>
      <Typography variant="body2">{words}</Typography>
      <Button
        size="small"
        aria-pressed={asked}
        aria-label={`Only here, on ${node.name}`}
        onClick={() => ask(asked ? "" : node.name)}
        sx={{ px: 0.5, minWidth: 0 }}
      >
        Only here
      </Button>
    </Box>
  );
}
