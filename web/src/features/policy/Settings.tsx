/** Each setting with its value, its default and what it means. */
import { mdiPencilOutline } from "@mdi/js";
import { IconButton, Table, TableBody, TableCell, TableHead, TableRow, Typography } from "@mui/material";
import { useState } from "react";
import type { components } from "@/api/schema";
import { Icon } from "@/shared/Icon";
import { Scroller } from "@/shared/Scroller";
import { ChangeSetting } from "./ChangeSetting";

export type Policy = components["schemas"]["PolicyView"];
export type Setting = components["schemas"]["SettingView"];

export function Settings({ policy, mayChange }: { policy: Policy; mayChange: boolean }) {
  const [changing, setChanging] = useState<Setting | null>(null);
  return (
    <Scroller label="All settings" sheet>
      <Table size="small" aria-label="Settings">
        <TableHead>
          <TableRow>
            <TableCell>Setting</TableCell>
            <TableCell>Value</TableCell>
            <TableCell>Default</TableCell>
            <TableCell>Meaning</TableCell>
            {mayChange && <TableCell padding="checkbox">Change</TableCell>}
          </TableRow>
        </TableHead>
        <TableBody>
          {policy.settings.map((setting) => (
            <TableRow key={setting.name} hover>
              <TableCell component="th" scope="row">
                <code>{setting.name}</code>
              </TableCell>
              <TableCell sx={{ fontWeight: setting.text === setting.default_text ? undefined : 700 }}>
                {setting.text}
                {setting.text === setting.default_text ? "" : " (changed)"}
              </TableCell>
              <TableCell>{setting.default_text}</TableCell>
              <TableCell>{setting.meaning}</TableCell>
              {mayChange && (
                <TableCell padding="checkbox">
                  <IconButton aria-label={`Change ${setting.name}`} onClick={() => setChanging(setting)}>
                    <Icon path={mdiPencilOutline} />
                  </IconButton>
                </TableCell>
              )}
            </TableRow>
          ))}
        </TableBody>
      </Table>
      <Typography color="text.secondary" variant="body2" sx={{ p: 1.5 }}>
        Shares, guarantees and caps are settings too: <code>teams.NAME.share</code>, <code>teams.NAME.cap</code>,{" "}
        <code>users.TEAM/USER.share</code>. Each change is in the events, with who made it.
      </Typography>
      {changing && (
        <ChangeSetting
          setting={changing}
          now={policy.settings.find((each) => each.name === changing.name)?.text ?? changing.default_text}
          rev={policy.rev}
          close={() => setChanging(null)}
        />
      )}
    </Scroller>
  );
}
