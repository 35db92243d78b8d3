/** One field of a block. */
import { FormControlLabel, MenuItem, Switch, TextField } from "@mui/material";
import { useState } from "react";
import type { Field } from "./blocks";

interface Props {
  field: Field;
  value: string;
  change: (value: string) => void;
}

export function FieldInput({ field, value, change }: Props) {
  // While it is written, `1.` is not yet a number: the reader's own text stays until the field is left.
  const [own, setOwn] = useState<string | null>(null);
  const { label, kind, choices, usual, help } = field;
  if (kind === "switch") {
    return (
      <FormControlLabel
        label={label}
        control={<Switch checked={value === "true"} onChange={(_, on) => change(on ? "true" : "")} />}
      />
    );
  }
  const inputLabel = { shrink: true };
  if (kind === "choice") {
    return (
      <TextField
        select
        label={label}
        value={value !== usual && choices?.includes(value) ? value : ""}
        onChange={(event) => change(event.target.value)}
        helperText={help}
        slotProps={{ inputLabel, select: { displayEmpty: true } }}
      >
        <MenuItem value="">{usual || "not set"}</MenuItem>
        {choices
          ?.filter((each) => each !== usual)
          .map((each) => (
            <MenuItem key={each} value={each}>
              {each}
            </MenuItem>
          ))}
      </TextField>
    );
  }
  return (
    <TextField
      label={label}
      value={own ?? value}
      placeholder={usual}
      helperText={help}
      onChange={(event) => {
        setOwn(event.target.value);
        change(event.target.value);
      }}
      onBlur={() => setOwn(null)}
      slotProps={{ inputLabel, htmlInput: { inputMode: kind === "number" ? "decimal" : "text", spellCheck: false } }}
    />
  );
}
