import { mdiCheck, mdiContentCopy } from "@mdi/js";
import { IconButton, Tooltip } from "@mui/material";
import { useState } from "react";
import { Icon } from "./Icon";

/** Copies `text`. what: what it is, for the button's name. */
export function Copy({ text, what }: { text: string; what: string }) {
  const [done, setDone] = useState(false);
  return (
    <Tooltip title={done ? "Copied" : `Copy ${what}`}>
      <IconButton
        size="small"
        aria-label={`Copy ${what}`}
        onClick={() => {
          void navigator.clipboard.writeText(text).then(() => setDone(true));
        }}
        onBlur={() => setDone(false)}
      >
        <Icon path={done ? mdiCheck : mdiContentCopy} />
      </IconButton>
    </Tooltip>
  );
}
