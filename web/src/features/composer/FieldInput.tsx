/** One field of a block. */
import { FormControlLabel, MenuItem, Switch, TextField } from "@mui/material";
import { useState } from "react";
import type { Field } from "./blocks";

interface Props {
  field: Field;
  value: string;
  /** What the head has against it; empty for nothing. */
  wrong?: string;
  change: (value: string) => void;
}

export function FieldInput(props: Props) {
  switch (props.field.kind) {
    case "switch":
      return <SwitchInput {...props} />;
    case "choice":
      return <ChoiceInput {...props} />;
    default:
      return <WrittenInput {...props} />;
  }
}

function SwitchInput({ field, value, change }: Props) {
  return (
    <FormControlLabel
      label={field.label}
      control={<Switch checked={value === "true"} onChange={(_, on) => change(on ? "true" : "")} />}
    />
  );
}

function ChoiceInput({ field: { label, choices, usual, help }, value, wrong = "", change }: Props) {
  return (
    <TextField
      select
      label={label}
      value={value !== usual && choices?.includes(value) ? value : ""}
      onChange={(event) => change(event.target.value)}
      error={wrong !== ""}
      helperText={wrong || help}
      slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}
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

function WrittenInput({ field: { label, kind, usual, help }, value, wrong = "", change }: Props) {
  // While it is written, `1.` is not yet a number: the reader's own text stays until the field is left.
  const [own, setOwn] = useState<string | null>(null);
  return (
    <TextField
      label={label}
      value={own ?? value}
      placeholder={usual}
      multiline={kind === "pairs" || kind === "words"}
      error={wrong !== ""}
      helperText={wrong || help}
      onChange={(event) => {
        setOwn(event.target.value);
        change(event.target.value);
      }}
      onBlur={() => setOwn(null)}
      slotProps={{
        inputLabel: { shrink: true },
        htmlInput: { inputMode: kind === "number" ? "decimal" : "text", spellCheck: false },
      }}
    />
  );
}
