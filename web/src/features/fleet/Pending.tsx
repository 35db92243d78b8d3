/** A machine that asks to join: let in by the words on its own screen, which only its owner can read. */
import { Alert, Button, Stack, TextField, Typography } from "@mui/material";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, head } from "@/api/client";
import { client, workersQuery } from "@/api/queries";
import type { Worker } from "@/api/types";
import { Refusal } from "@/shared/Loaded";
import { useMay } from "@/shared/roles";

export function Pending({ node }: { node: Worker }) {
  const mayApprove = useMay("administer");
  const [words, setWords] = useState("");
  const settled = { onSettled: () => client.invalidateQueries({ queryKey: workersQuery.queryKey }) };
  const params = { params: { path: { worker: node.id } } };
  const approve = useMutation({
    mutationFn: () =>
      ask(
        head.POST("/api/v1/workers/{worker}/approve", {
          ...params,
          body: { words: words.trim().replace(/\s+/g, " ") },
        }),
      ),
    ...settled,
  });
  const deny = useMutation({ mutationFn: () => ask(head.DELETE("/api/v1/workers/{worker}", params)), ...settled });
  return (
    <Alert severity="info" role="region" aria-label={`${node.name} asks to join`}>
      <Typography sx={{ fontWeight: 650 }}>
        <bdi>{node.name}</bdi> ({node.addresses.join(", ")}) asks to join
      </Typography>
      {approve.isSuccess ? (
        <Typography>Approved. It joins when somebody confirms the words on its side, too.</Typography>
      ) : (
        <Typography>
          The head reads: <b>{node.words}</b>. If its own screen shows the same words, write them here.
        </Typography>
      )}
      {mayApprove && !approve.isSuccess && (
        <Stack
          component="form"
          direction="row"
          useFlexGap
          sx={{ flexWrap: "wrap", gap: 1, mt: 1, alignItems: "center" }}
          onSubmit={(event) => {
            event.preventDefault();
            approve.mutate();
          }}
        >
          <TextField
            label="Words on its screen"
            value={words}
            onChange={(event) => setWords(event.target.value)}
            required
            sx={{ minWidth: { xs: "100%", sm: 420 } }}
          />
          <Button type="submit" variant="contained" loading={approve.isPending}>
            Let it join
          </Button>
          <Button color="error" onClick={() => deny.mutate()}>
            Deny
          </Button>
        </Stack>
      )}
      {(approve.error ?? deny.error) && <Refusal error={approve.error ?? deny.error} />}
    </Alert>
  );
}
