/** The nodes that are set aside: for whom, from when until when; made and cancelled by those who may. */
import { mdiCalendarRemoveOutline } from "@mdi/js";
import {
  Button,
  IconButton,
  Stack,
  Table,
  TableBody,
  TableCell,
  TableHead,
  TableRow,
  Tooltip,
  Typography,
} from "@mui/material";
import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ask, head } from "@/api/client";
import { client } from "@/api/queries";
import { clock, duration } from "@/shared/format";
import { Icon } from "@/shared/Icon";
import { Loaded } from "@/shared/Loaded";
import { useNotices } from "@/shared/Notices";
import { useMay } from "@/shared/roles";
import { Scroller } from "@/shared/Scroller";
import { Reserve } from "./Reserve";

const calendarQuery = queryOptions({
  queryKey: ["calendar"],
  queryFn: () => ask(head.GET("/api/v1/reservations")),
});

export function Calendar() {
  const calendar = useQuery(calendarQuery);
  const mayReserve = useMay("operate");
  const [open, setOpen] = useState(false);
  const notices = useNotices();
  const cancel = useMutation({
    mutationFn: (reservation: string) =>
      ask(head.DELETE("/api/v1/reservations/{reservation}", { params: { path: { reservation } } })),
    onSettled: () => client.invalidateQueries({ queryKey: calendarQuery.queryKey }),
    onError: notices.refuse,
  });
  return (
    <>
      <Stack direction="row" sx={{ mt: 4, mb: 1, gap: 2, alignItems: "center" }}>
        <Typography variant="h2">Reservations</Typography>
        {mayReserve && <Button onClick={() => setOpen(true)}>Set nodes aside</Button>}
      </Stack>
      <Loaded query={calendar}>
        {(data) =>
          data.reservations.length ? (
            <Scroller label="All reservations" sheet>
              <Table size="small" aria-label="Reservations">
                <TableHead>
                  <TableRow>
                    {["Nodes", "For", "From", "Until", "Lasts", "Made by", "Reason", ""].map((title) => (
                      <TableCell key={title}>{title}</TableCell>
                    ))}
                  </TableRow>
                </TableHead>
                <TableBody>
                  {data.reservations.map((each) => (
                    <TableRow key={each.id}>
                      <TableCell>{each.nodes.join(", ")}</TableCell>
                      <TableCell>{each.whom}</TableCell>
                      <TableCell>{clock(each.start)}</TableCell>
                      <TableCell>{clock(each.end)}</TableCell>
                      <TableCell>{duration(each.end - each.start)}</TableCell>
                      <TableCell>{each.by}</TableCell>
                      <TableCell>
                        <bdi>{each.reason}</bdi>
                      </TableCell>
                      <TableCell padding="checkbox">
                        {mayReserve && (
                          <Tooltip title="Cancel this reservation">
                            <IconButton
                              aria-label={`Cancel reservation ${each.id}`}
                              onClick={() => cancel.mutate(each.id)}
                            >
                              <Icon path={mdiCalendarRemoveOutline} />
                            </IconButton>
                          </Tooltip>
                        )}
                      </TableCell>
                    </TableRow>
                  ))}
                </TableBody>
              </Table>
            </Scroller>
          ) : (
            <Typography color="text.secondary">No node is set aside for anybody.</Typography>
          )
        }
      </Loaded>
      {open && <Reserve close={() => setOpen(false)} />}
    </>
  );
}
