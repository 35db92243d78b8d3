/** Shown where a page failed: after an update of the head its old parts are gone, and loading again helps. */
import { mdiAlertOutline } from "@mdi/js";
import { Button } from "@mui/material";
import { useRouteError } from "react-router";
import { sentence } from "@/api/client";
import { Empty } from "@/shared/Empty";

export function Broken() {
  const error = useRouteError();
  return (
    <Empty icon={mdiAlertOutline} title="This page could not be shown" text={sentence(error)}>
      <Button onClick={() => window.location.reload()}>Load it again</Button>
    </Empty>
  );
}
