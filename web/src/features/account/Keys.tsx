/** The reader's API keys; for an administrator those of all. A secret is shown once, when its key is made. */
import { mdiKeyRemove } from "@mdi/js";
import { Alert, Button, IconButton, Stack, Table, TableBody, TableCell, TableHead, TableRow } from "@mui/material";
import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ask, head } from "@/api/client";
import { client, meQuery } from "@/api/queries";
import type { components } from "@/api/schema";
import { Ago } from "@/shared/Ago";
import { Confirm } from "@/shared/Confirm";
import { Copy } from "@/shared/Copy";
import { moment } from "@/shared/format";
import { Icon } from "@/shared/Icon";
import { Loaded } from "@/shared/Loaded";
import { useNotices } from "@/shared/Notices";
import { Scroller } from "@/shared/Scroller";

type Key = components["schemas"]["KeyView"];

const DAYS = 90;

const keysQuery = queryOptions({ queryKey: ["keys"], queryFn: () => ask(head.GET("/api/v1/keys")) });

export function Keys() {
  const keys = useQuery(keysQuery);
  const me = useQuery(meQuery).data;
  const notices = useNotices();
  const [doomed, setDoomed] = useState<Key | null>(null);
  const settled = () => client.invalidateQueries({ queryKey: keysQuery.queryKey });
  const make = useMutation({
    mutationFn: () => {
      const role = (me?.role ?? "member") as "member";
      return ask(head.POST("/api/v1/keys", { body: { user: me?.user ?? "", team: me?.team ?? "", role, days: DAYS } }));
    },
    onSettled: settled,
    onError: notices.refuse,
  });
  const revoke = useMutation({
    mutationFn: (key: string) => ask(head.DELETE("/api/v1/keys/{key}", { params: { path: { key } } })),
    onSettled: settled,
    onError: notices.refuse,
  });
  return (
    <>
      <Stack direction="row" sx={{ mb: 1 }}>
        <Button variant="outlined" onClick={() => make.mutate()} loading={make.isPending}>
          Make a key for {DAYS} days
        </Button>
      </Stack>
      {make.data?.key && (
        <Alert
          severity="success"
          sx={{ mb: 1, overflowWrap: "anywhere" }}
          action={<Copy text={make.data.key} what="the key" />}
        >
          This is shown once: <code>{make.data.key}</code>
        </Alert>
      )}
      <Loaded query={keys}>
        {(data) => (
          <Scroller label="All API keys" sheet>
            <Table size="small" aria-label="API keys">
              <TableHead>
                <TableRow>
                  {["Key", "User", "Team", "Role", "Made", "Used", "Ends", ""].map((title) => (
                    <TableCell key={title}>{title}</TableCell>
                  ))}
                </TableRow>
              </TableHead>
              <TableBody>
                {data.items.map((key) => (
                  <TableRow key={key.id} hover>
                    <TableCell component="th" scope="row">
                      <code>{key.id}</code>
                    </TableCell>
                    <TableCell>
                      <bdi>{key.user}</bdi>
                    </TableCell>
                    <TableCell>
                      <bdi>{key.team}</bdi>
                    </TableCell>
                    <TableCell>{key.role}</TableCell>
                    <TableCell>
                      <Ago at={key.created} />
                    </TableCell>
                    <TableCell>{key.used ? <Ago at={key.used} /> : "never"}</TableCell>
                    <TableCell>{key.expires ? moment(key.expires) : "never"}</TableCell>
                    <TableCell padding="checkbox">
                      <IconButton aria-label={`Revoke key ${key.id}`} onClick={() => setDoomed(key)}>
                        <Icon path={mdiKeyRemove} />
                      </IconButton>
                    </TableCell>
                  </TableRow>
                ))}
              </TableBody>
            </Table>
          </Scroller>
        )}
      </Loaded>
      <Confirm
        open={doomed !== null}
        title={`Revoke the key ${doomed?.id ?? ""}?`}
        text="Whatever uses it is refused from now on."
        verb="Revoke"
        onAnswer={(yes) => {
          if (yes && doomed) revoke.mutate(doomed.id);
          setDoomed(null);
        }}
      />
    </>
  );
}
