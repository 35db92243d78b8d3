/** What the job runs: a recipe with its parameters, or a command with its code. */
import { MenuItem, TextField } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { recipesQuery } from "@/api/queries";
import { BlockForm } from "./BlockForm";
import type { FormProps } from "./BlockForms";
import { fieldOf, RUN } from "./blocks";
import { CodeDrop } from "./CodeDrop";
import { FieldInput } from "./FieldInput";
import { edited, valueAt, withRecipe } from "./text";
import { wrongWith } from "./wrong";

const NAME = { path: ["name"], label: "Name", kind: "text", usual: "a made-up one" } as const;
const RECIPE = { path: ["recipe"], label: "Recipe", kind: "text" } as const;

export function WhatBlock({ text, change, wrong }: FormProps) {
  const recipes = useQuery(recipesQuery).data ?? [];
  const name = valueAt(text, RECIPE);
  const recipe = recipes.find((each) => each.name === name);
  const fields = recipe ? recipe.params.map(fieldOf) : [RUN];
  const input = (field: typeof NAME | (typeof fields)[number]) => (
    <FieldInput
      key={`${name}.${field.label}`}
      field={field}
      value={valueAt(text, field)}
      wrong={wrongWith(wrong, field.path)}
      change={(value) => change(edited(text, field, value))}
    />
  );
  return (
    <BlockForm title="What it runs" open wrong={[NAME, ...fields].some((each) => wrongWith(wrong, each.path))}>
      {input(NAME)}
      <TextField
        select
        label="Recipe"
        value={recipe ? name : ""}
        onChange={(event) => change(withRecipe(text, event.target.value))}
        helperText={recipe?.summary}
        slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}
      >
        <MenuItem value="">none: a command</MenuItem>
        {recipes.map((each) => (
          <MenuItem key={each.name} value={each.name}>
            {each.name}
          </MenuItem>
        ))}
      </TextField>
      {fields.map(input)}
      {!name && <CodeDrop text={text} change={change} />}
    </BlockForm>
  );
}
