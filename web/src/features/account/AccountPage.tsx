/** Who the reader is, what they may do, their API keys, and whether the browser tells when a job ends. */
import { Button, Paper, Typography } from "@mui/material";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { ask, head } from "@/api/client";
import { client, meQuery } from "@/api/queries";
import { EndNotices } from "@/shared/EndNotices";
import { Loaded } from "@/shared/Loaded";
import { useNotices } from "@/shared/Notices";
import { Page } from "@/shared/Page";
import { Keys } from "./Keys";

const MEANING: Record<string, string> = {
  viewer: "sees the jobs of the own team",
  member: "submits jobs, and acts on those of the own team",
  operator: "looks after nodes and queue, for all teams; submits nothing",
  admin: "does everything",
};

export function Component() {
  const me = useQuery(meQuery);
  return (
    <Page title="Account" actions={<SignOut />}>
      <Loaded query={me}>
        {({ user, team, role }) => (
          <Paper sx={{ p: 2, mb: 3 }}>
            <Typography>
              You are <b>{user}</b>
              {team && (
                <>
                  {" "}
                  of the team <b>{team}</b>
                </>
              )}
              , with the role <b>{role}</b>, who {MEANING[role] ?? "has a role of its own"}.
            </Typography>
          </Paper>
        )}
      </Loaded>
      <Typography variant="h2" sx={{ mb: 1 }}>
        When a job of yours ends
      </Typography>
      <EndNotices />
      <Typography variant="h2" sx={{ mt: 4, mb: 1 }}>
        API keys
      </Typography>
      <Keys />
    </Page>
  );
}

function SignOut() {
  const navigate = useNavigate();
  const notices = useNotices();
  const out = useMutation({
    mutationFn: () => ask(head.POST("/logout")),
    onSuccess: () => {
      client.clear();
      void navigate("/sign-in", { replace: true });
    },
    onError: notices.refuse,
  });
  return (
    <Button variant="outlined" onClick={() => out.mutate()} loading={out.isPending}>
      Sign out
    </Button>
  );
}
