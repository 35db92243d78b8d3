import { mdiMapMarkerQuestionOutline } from "@mdi/js";
import { Button } from "@mui/material";
import { Link } from "react-router";
import { Empty } from "@/shared/Empty";
import { Page } from "@/shared/Page";

export function NotFound() {
  return (
    <Page title="Not found">
      <Empty icon={mdiMapMarkerQuestionOutline} title="There is no such page">
        <Button component={Link} to="/fleet">
          To the fleet
        </Button>
      </Empty>
    </Page>
  );
}
