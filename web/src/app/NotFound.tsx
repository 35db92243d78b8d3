import { mdiMapMarkerQuestionOutline } from "@mdi/js";
import { Button } from "@mui/material";
import { Link } from "react-router";
import { Empty } from "@/shared/Empty";

export function NotFound() {
  return (
    <Empty icon={mdiMapMarkerQuestionOutline} title="There is no such page">
      <Button component={Link} to="/fleet">
        To the fleet
      </Button>
    </Empty>
  );
}
