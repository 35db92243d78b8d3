/** How all curves of a page are drawn. */
import { Button, FormControlLabel, MenuItem, Slider, Stack, Switch, TextField, Typography } from "@mui/material";
import { useId, useState } from "react";
import type { Settings } from "./settings";
import type { Range } from "./useCurves";

interface Props {
  settings: Settings;
  change: (change: Partial<Settings>) => void;
  /** Whether there are several ranks to be told apart. */
  ranked?: boolean;
}

export function Controls({ settings, change, ranked }: Props) {
  const smoothing = useId();
  return (
    <Stack direction="row" useFlexGap sx={{ flexWrap: "wrap", gap: 2, alignItems: "center", mb: 2 }}>
      <TextField
        label="Only metrics with"
        value={settings.filter}
        onChange={(event) => change({ filter: event.target.value })}
        sx={{ width: 160 }}
      />
      <Stack sx={{ width: 150 }}>
        <Typography id={smoothing} variant="body2" color="text.secondary">
          Smoothing {settings.weight || "none"}
        </Typography>
        <Slider
          size="small"
          aria-labelledby={smoothing}
          min={0}
          max={0.99}
          step={0.01}
          value={settings.weight}
          onChange={(_, weight) => change({ weight: weight })}
        />
      </Stack>
      <TextField
        select
        label="Over"
        value={settings.axis}
        onChange={(event) => change({ axis: event.target.value as Settings["axis"] })}
        sx={{ width: 100 }}
      >
        <MenuItem value="step">steps</MenuItem>
        <MenuItem value="time">time</MenuItem>
      </TextField>
      <FormControlLabel
        control={<Switch checked={settings.log} onChange={(_, log) => change({ log })} />}
        label="Log scale"
      />
      {ranked && (
        <FormControlLabel
          control={<Switch checked={settings.ranks} onChange={(_, ranks) => change({ ranks })} />}
          label="Each rank"
        />
      )}
      <Closer key={JSON.stringify(settings.range)} range={settings.range} change={change} />
    </Stack>
  );
}

/** A look at some steps only, by keys; a mouse drags over a chart. */
function Closer({ range, change }: { range: Range | null; change: Props["change"] }) {
  const [first, setFirst] = useState(String(range?.first ?? ""));
  const [last, setLast] = useState(String(range?.last ?? ""));
  const found = first !== "" && last !== "" && { first: Number(first), last: Number(last) };
  return (
    <Stack
      component="form"
      direction="row"
      spacing={1}
      onSubmit={(event) => {
        event.preventDefault();
        if (found && found.first < found.last) change({ range: found });
      }}
    >
      {(
        [
          ["From step", first, setFirst],
          ["To step", last, setLast],
        ] as const
      ).map(([label, value, set]) => (
        <TextField
          key={label}
          label={label}
          type="number"
          value={value}
          onChange={(event) => set(event.target.value)}
          sx={{ width: 110 }}
        />
      ))}
      <Button type="submit">Zoom</Button>
      {range && <Button onClick={() => change({ range: null })}>All steps</Button>}
    </Stack>
  );
}
