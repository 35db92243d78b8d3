/** A job put together from blocks, with its file beside them, and where and when it would start. */
import {
  DndContext,
  type DragEndEvent,
  DragOverlay,
  MouseSensor,
  pointerWithin,
  TouchSensor,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { Alert, Box, Button, Chip, Paper, Stack, TextField } from "@mui/material";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { ask, head } from "@/api/client";
import type { JobFile } from "@/api/types";
import { Copy } from "@/shared/Copy";
import { Refusal } from "@/shared/Loaded";
import { useMay } from "@/shared/roles";
import { BlockForms, NOTICES, told } from "./BlockForms";
import { BlockShelf } from "./BlockShelf";
import { BLOCKS } from "./blocks";
import { draftOf } from "./draft";
import { Equivalent } from "./Equivalent";
import { unitOf } from "./map";
import { PlanPanel } from "./PlanPanel";
import { usePlan } from "./plan";
import { edited, valueAt } from "./text";
import { wrongAt } from "./wrong";

const ONLY = { path: ["resources", "labels", "node"], label: "Only on", kind: "text" } as const;
const NAME = { path: ["name"], label: "Name", kind: "text" } as const;

/** What was written stays over a reload of the page, for as long as the tab is open. */
function useKept(name: string, first: string): [string, (text: string) => void] {
  const key = `draft ${name}`;
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? first);
  return [
    text,
    (next) => {
      sessionStorage.setItem(key, next);
      setText(next);
    },
  ];
}

/** first: the text to begin with. name: under which what is written is kept. */
export function Composer({ name, first }: { name: string; first: string }) {
  const [text, setText] = useKept(name, first);
  // The same text is submitted once, however often the button is pressed or an answer is lost.
  const [key, setKey] = useState(() => newKey());
  const [added, setAdded] = useState<readonly string[]>([]);
  const [dragged, setDragged] = useState("");
  const maySubmit = useMay("submit");
  const navigate = useNavigate();
  const draft = draftOf(text);
  const plan = usePlan(draft.file, maySubmit);
  const change = (next: string) => {
    setText(next);
    setKey(newKey());
  };
  const submit = useMutation({
    mutationFn: (body: JobFile) =>
      ask(head.POST("/api/v1/jobs", { body, params: { header: { "Idempotency-Key": key } } })),
    onSuccess: (job) => {
      sessionStorage.removeItem(`draft ${name}`);
      void navigate(`/jobs/${job.id}`);
    },
  });
  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 6 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 200, tolerance: 8 } }),
  );
  const add = (title: string) => setAdded([...added, title]);
  const askFor = (node: string) => change(edited(text, ONLY, node));

  function dropped({ active, over }: DragEndEvent): void {
    setDragged("");
    const { title } = active.data.current as { title: string };
    if (active.id === "the job" && over && over.id !== "job") {
      askFor((over.data.current as { node?: string } | undefined)?.node ?? "");
    } else if (active.id !== "the job" && over?.id === "job") {
      add(title);
    }
  }

  const shelf = [...BLOCKS, NOTICES].filter((block) => !added.includes(block.title) && !told(block, text));
  return (
    <DndContext
      sensors={sensors}
      // A node lies on the map: of what is under the pointer, the smallest counts.
      collisionDetection={(scene) => pointerWithin(scene).sort((one) => (String(one.id).startsWith("node") ? -1 : 1))}
      onDragStart={({ active }) => setDragged((active.data.current as { title: string }).title)}
      onDragCancel={() => setDragged("")}
      onDragEnd={dropped}
    >
      <Box
        sx={{
          display: "grid",
          gap: 3,
          gridTemplateColumns: { xs: "minmax(0, 1fr)", md: "minmax(0, 3fr) minmax(0, 2fr)" },
        }}
      >
        <Stack
          component="form"
          spacing={2}
          onSubmit={(event) => {
            event.preventDefault();
            if (draft.file) submit.mutate(draft.file);
          }}
        >
          <BlockShelf blocks={shelf} add={add} />
          <BlockForms
            text={text}
            change={change}
            wrong={draft.file && wrongAt(plan.error)}
            added={added}
            remove={(title) => setAdded(added.filter((each) => each !== title))}
          />
          <TextField
            label="Job file (YAML)"
            multiline
            minRows={8}
            value={text}
            onChange={(event) => change(event.target.value)}
            error={draft.wrong !== ""}
            helperText={draft.wrong || "What the blocks say; it can be written here as well."}
            slotProps={{ htmlInput: { spellCheck: false, sx: { fontFamily: "mono" } } }}
          />
          {submit.error && <Refusal error={submit.error} />}
          {!maySubmit && <Alert severity="info">Your role looks after the fleet and does not submit jobs.</Alert>}
          <Stack direction="row" spacing={1}>
            <Button type="submit" variant="contained" loading={submit.isPending} disabled={!draft.file || !maySubmit}>
              Submit
            </Button>
            <Button onClick={() => change(first)} disabled={text === first}>
              Begin again
            </Button>
            <Copy text={text} what="the job file" />
          </Stack>
          {draft.file && <Equivalent file={draft.file} text={text} />}
        </Stack>
        {maySubmit && (
          <Paper
            component="section"
            aria-label="Plan"
            sx={{
              p: 2,
              alignSelf: "start",
              position: { md: "sticky" },
              top: 72,
              maxHeight: { md: "calc(100vh - 96px)" },
              overflow: "auto",
            }}
          >
            <PlanPanel
              name={valueAt(text, NAME) || "the job"}
              plan={plan.data}
              error={plan.error}
              asking={plan.isLoading}
              unit={unitOf(draft.file?.resources)}
              only={valueAt(text, ONLY)}
              ask={askFor}
            />
          </Paper>
        )}
      </Box>
      <DragOverlay dropAnimation={null}>{dragged && <Chip label={<bdi>{dragged}</bdi>} color="primary" />}</DragOverlay>
    </DndContext>
  );
}

function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
