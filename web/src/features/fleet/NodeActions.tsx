/** What can be done to a node: drained, given work again, its GPUs tested, removed. */
import { mdiDotsVertical } from "@mdi/js";
import { IconButton, Menu, MenuItem } from "@mui/material";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, head } from "@/api/client";
import { client, workersQuery } from "@/api/queries";
import type { Worker } from "@/api/types";
import { Confirm } from "@/shared/Confirm";
import { Icon } from "@/shared/Icon";
import { useNotices } from "@/shared/Notices";
import { useMay } from "@/shared/roles";

type Verb = "drain" | "resume" | "test" | "remove";

function act(node: Worker, verb: Verb): Promise<unknown> {
  const params = { params: { path: { worker: node.id } } };
  return verb === "remove"
    ? ask(head.DELETE("/api/v1/workers/{worker}", params))
    : ask(head.POST(`/api/v1/workers/{worker}/${verb}`, params));
}

export function NodeActions({ node }: { node: Worker }) {
  const mayOperate = useMay("operate");
  const mayRemove = useMay("administer");
  const notices = useNotices();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [removing, setRemoving] = useState(false);
  const change = useMutation({
    mutationFn: (verb: Verb) => act(node, verb),
    onError: notices.refuse,
    onSettled: () => client.invalidateQueries({ queryKey: workersQuery.queryKey }),
  });
  if (!mayOperate) return null;
  const choose = (verb: Verb) => {
    setAnchor(null);
    if (verb === "remove") setRemoving(true);
    else change.mutate(verb);
  };
  return (
    <>
      <IconButton
        size="small"
        aria-label={`Actions for ${node.name}`}
        aria-haspopup="menu"
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <Icon path={mdiDotsVertical} />
      </IconButton>
      <Menu open={anchor !== null} anchorEl={anchor} onClose={() => setAnchor(null)}>
        {node.drain ? (
          <MenuItem onClick={() => choose("resume")}>Give it work again</MenuItem>
        ) : (
          <MenuItem onClick={() => choose("drain")}>Drain: no new work</MenuItem>
        )}
        {node.gpus.some((gpu) => gpu.state === "sick") && (
          <MenuItem onClick={() => choose("test")}>Test its sick GPUs</MenuItem>
        )}
        {mayRemove && <MenuItem onClick={() => choose("remove")}>Remove from the fleet …</MenuItem>}
      </Menu>
      <Confirm
        open={removing}
        title={`Remove ${node.name}?`}
        text="Its certificate counts no more. To come back, it has to join again."
        verb="Remove"
        onAnswer={(yes) => {
          if (yes) change.mutate("remove");
          setRemoving(false);
        }}
      />
    </>
  );
}
