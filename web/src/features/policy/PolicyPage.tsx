/** What each team is owed and holds, and the settings of the queue: shown to all, changed by administrators. */
import { Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { Loaded } from "@/shared/Loaded";
import { Page } from "@/shared/Page";
import { useMay } from "@/shared/roles";
import { policyQuery, teamsQuery } from "./queries";
import { Settings } from "./Settings";
import { Teams } from "./Teams";

export function Component() {
  const policy = useQuery(policyQuery);
  const teams = useQuery(teamsQuery);
  const mayChange = useMay("administer");
  return (
    <Page title="Policy">
      <Typography variant="h2" sx={{ mb: 1 }}>
        Teams
      </Typography>
      <Loaded query={teams}>{(data) => <Teams teams={data.items} />}</Loaded>
      <Typography variant="h2" sx={{ mt: 4, mb: 1 }}>
        Settings of the queue
      </Typography>
      <Loaded query={policy}>{(data) => <Settings policy={data} mayChange={mayChange} />}</Loaded>
    </Page>
  );
}
