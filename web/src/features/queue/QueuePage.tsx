/** Who waits, in the order in which they start, and the nodes that are set aside. */
import { mdiTrayFull } from "@mdi/js";
import { Button, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { queueQuery } from "@/api/queries";
import { Empty } from "@/shared/Empty";
import { Loaded } from "@/shared/Loaded";
import { Page } from "@/shared/Page";
import { Calendar } from "./Calendar";
import { Line } from "./Line";

export function Component() {
  const queue = useQuery(queueQuery);
  return (
    <Page
      title="Queue"
      beside={
        queue.data && <Typography color="text.secondary">{queue.data.waiting.toLocaleString()} waiting</Typography>
      }
    >
      <Loaded query={queue}>
        {(data) =>
          data.items.length ? (
            <Line entries={data.items} />
          ) : (
            <Empty icon={mdiTrayFull} title="Nobody waits" text="What is submitted now starts now, if it fits.">
              <Button component={Link} to="/new" variant="contained">
                New job
              </Button>
            </Empty>
          )
        }
      </Loaded>
      <Calendar />
    </Page>
  );
}
