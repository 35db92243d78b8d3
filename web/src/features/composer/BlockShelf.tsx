/** The blocks that the job does not have yet: each is dragged into it, or added by a press. */
import { useDraggable } from "@dnd-kit/core";
import { mdiPlus } from "@mdi/js";
import { Button, Stack, Tooltip, Typography } from "@mui/material";
import { Icon } from "@/shared/Icon";

interface Props {
  blocks: readonly { title: string; about: string }[];
  add: (title: string) => void;
}

export function BlockShelf({ blocks, add }: Props) {
  return (
    <Stack component="section" aria-label="Blocks" spacing={1}>
      <Typography variant="body2" color="text.secondary">
        {blocks.length ? "Drag a block into the job, or press it." : "The job has every block."}
      </Typography>
      <Stack direction="row" useFlexGap sx={{ flexWrap: "wrap", gap: 1 }}>
        {blocks.map((block) => (
          <Shelved key={block.title} {...block} add={() => add(block.title)} />
        ))}
      </Stack>
    </Stack>
  );
}

function Shelved({ title, about, add }: { title: string; about: string; add: () => void }) {
  const { setNodeRef, listeners, isDragging } = useDraggable({ id: `block ${title}`, data: { title } });
  return (
    <Tooltip title={about}>
      <Button
        ref={setNodeRef}
        {...listeners}
        aria-label={`Add ${title}`}
        variant="outlined"
        startIcon={<Icon path={mdiPlus} />}
        onClick={add}
        sx={{ cursor: "grab", touchAction: "manipulation", opacity: isDragging ? 0.4 : 1 }}
      >
        {title}
      </Button>
    </Tooltip>
  );
}
