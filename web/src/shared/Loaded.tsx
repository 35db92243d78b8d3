/** The content of a query: a bar while it loads, the head's own sentence and hint where it was refused. */
import { Alert, AlertTitle, Button, LinearProgress } from "@mui/material";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { HeadError, sentence } from "@/api/client";

interface Props<T> {
  query: UseQueryResult<T>;
  children: (data: T) => ReactNode;
}

export function Loaded<T>({ query, children }: Props<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Refusal error={query.error} again={() => void query.refetch()} />;
  return <LinearProgress aria-label="Loading" />;
}

/** Why something was refused. */
export function Refusal({ error, again }: { error: unknown; again?: () => void }) {
  const hint = error instanceof HeadError ? error.hint : "";
  return (
    <Alert severity="error" action={again && <Button onClick={again}>Try again</Button>} sx={{ my: 1 }}>
      {hint ? <AlertTitle>{sentence(error)}</AlertTitle> : sentence(error)}
      {hint}
    </Alert>
  );
}
