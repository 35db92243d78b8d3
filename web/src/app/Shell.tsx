/** Lets nobody in who is not signed in, and keeps what is shown true while somebody looks. */
import { Alert, LinearProgress } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Navigate, Outlet, useLocation } from "react-router";
import { HeadError, sentence } from "@/api/client";
import { listen } from "@/api/live";
import { client, meQuery } from "@/api/queries";

export function Shell() {
  const { pathname, search } = useLocation();
  const me = useQuery(meQuery);
  const signedOut = me.error instanceof HeadError && me.error.status === 401;
  const signedIn = me.data !== undefined && !signedOut;
  useEffect(() => (signedIn ? listen(client) : undefined), [signedIn]);
  if (signedOut) {
    const next = encodeURIComponent(pathname + search);
    return <Navigate to={`/sign-in?next=${next}`} replace />;
  }
  if (!me.data) {
    return me.error ? <Alert severity="error">{sentence(me.error)}</Alert> : <LinearProgress aria-label="Loading" />;
  }
  return <Outlet />;
}
