/** A new job, or another one with changes: its job file, and beside it where and when it would start. */
import { Alert, Box, Button, Paper, Stack, TextField, Typography } from "@mui/material";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { ask, head } from "@/api/client";
import { jobFileQuery } from "@/api/queries";
import type { JobFile } from "@/api/types";
import { changed, fieldsOf } from "@/features/job/clone";
import { yamlOf } from "@/features/job/yaml";
import { Copy } from "@/shared/Copy";
import { Loaded, Refusal } from "@/shared/Loaded";
import { Page } from "@/shared/Page";
import { useMay } from "@/shared/roles";
import { BlockForms } from "./BlockForms";
import { draftOf, FIRST } from "./draft";
import { PlanPanel } from "./PlanPanel";

export function Component() {
  const [search] = useSearchParams();
  const from = search.get("from") ?? "";
  const original = useQuery({ ...jobFileQuery(from), enabled: from !== "" });
  if (!from) {
    return (
      <Page title="New job">
        <Composer key="new" name="new" first={FIRST} />
      </Page>
    );
  }
  const address = search.toString();
  return (
    <Page title="New job">
      <Loaded query={original}>
        {(file) => <Composer key={address} name={address} first={yamlOf(changed(file, fieldsOf(search)))} />}
      </Loaded>
    </Page>
  );
}

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
function Composer({ name, first }: { name: string; first: string }) {
  const [text, setText] = useKept(name, first);
  // The same text is submitted once, however often the button is pressed or an answer is lost.
  const [key, setKey] = useState(() => newKey());
  const maySubmit = useMay("submit");
  const navigate = useNavigate();
  const draft = draftOf(text);
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
  return (
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
        <BlockForms text={text} change={change} />
        <TextField
          label="Job file (YAML)"
          multiline
          minRows={8}
          value={text}
          onChange={(event) => change(event.target.value)}
          error={draft.wrong !== ""}
          helperText={
            draft.wrong || "A recipe, or `run:` with a command. `resources:` has gpus, nodes, slots, gpu, memory."
          }
          slotProps={{ htmlInput: { spellCheck: false, sx: { fontFamily: "mono" } } }}
        />
        {submit.error && <Refusal error={submit.error} />}
        {!maySubmit && <Alert severity="info">Your role looks after the fleet and does not submit jobs.</Alert>}
        <Stack direction="row" spacing={1}>
          <Button type="submit" variant="contained" loading={submit.isPending} disabled={!draft.file || !maySubmit}>
            Submit
          </Button>
          <Button onClick={() => setText(first)} disabled={text === first}>
            Begin again
          </Button>
          <Copy text={text} what="the job file" />
        </Stack>
        <Typography color="text.secondary" variant="body2">
          In a shell: <code>tensorfleet run -f job.yaml</code>, which also uploads the code beside it.
        </Typography>
      </Stack>
      {maySubmit && (
        <Paper component="section" aria-label="Plan" sx={{ p: 2, alignSelf: "start" }}>
          <PlanPanel file={draft.file} />
        </Paper>
      )}
    </Box>
  );
}

function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
