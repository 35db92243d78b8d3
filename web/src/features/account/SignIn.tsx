/** Signing in with a one-time token, and back to where the reader was. */
import { Alert, Box, Button, Paper, Stack, TextField, Typography } from "@mui/material";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { refused, unreachable } from "@/api/client";
import { client } from "@/api/queries";
import type { Problem } from "@/api/types";
import { Refusal } from "@/shared/Loaded";

/** A path of this console, never of another site. */
export function place(next: string | null): string {
  return next?.startsWith("/") && !next.startsWith("//") ? next : "/fleet";
}

/** The token in whatever was pasted: itself, or a login link. */
export function tokenOf(pasted: string): string {
  const text = pasted.trim();
  const link = /[?&]token=([^&#\s]+)/.exec(text);
  return link?.[1] ? decodeURIComponent(link[1]) : text;
}

async function signIn(pasted: string): Promise<void> {
  const body = new URLSearchParams({ token: tokenOf(pasted) });
  const response = await fetch("/login", { method: "POST", body }).catch(() => {
    throw unreachable();
  });
  if (!response.ok) {
    throw refused(response.status, (await response.json().catch(() => undefined)) as Partial<Problem> | undefined);
  }
}

export function Component() {
  const [pasted, setPasted] = useState("");
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const attempt = useMutation({
    mutationFn: signIn,
    onSuccess: () => {
      client.clear();
      void navigate(place(search.get("next")), { replace: true });
    },
  });
  return (
    <Box component="main" sx={{ display: "grid", placeItems: "center", minHeight: "100dvh", p: 2 }}>
      <Paper sx={{ p: 4, maxWidth: 480, width: "100%" }}>
        <Stack
          component="form"
          spacing={2}
          onSubmit={(event) => {
            event.preventDefault();
            attempt.mutate(pasted);
          }}
        >
          <Typography variant="h1">Sign in to TensorFleet</Typography>
          {search.has("next") && <Alert severity="info">You are not signed in, or it has expired.</Alert>}
          <TextField
            label="One-time token or login link"
            value={pasted}
            onChange={(event) => setPasted(event.target.value)}
            autoComplete="off"
            autoFocus
            required
          />
          <Typography color="text.secondary" variant="body2">
            The head prints a login link when it starts. <code>tensorfleet web</code> makes another, with the rights of
            the key it is run with.
          </Typography>
          {attempt.error && <Refusal error={attempt.error} />}
          <Button type="submit" variant="contained" loading={attempt.isPending}>
            Sign in
          </Button>
        </Stack>
      </Paper>
    </Box>
  );
}
