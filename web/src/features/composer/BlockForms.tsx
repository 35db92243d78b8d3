/** The job file as forms: what is written in one is written into the text, and the other way round. */
import { mdiChevronDown } from "@mdi/js";
import { Accordion, AccordionDetails, AccordionSummary, Box, MenuItem, TextField, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { recipesQuery } from "@/api/queries";
import { Icon } from "@/shared/Icon";
import { BLOCKS, edited, fieldOf, valueAt, withRecipe } from "./blocks";
import { FieldInput } from "./FieldInput";

interface Props {
  text: string;
  change: (text: string) => void;
}

const RUN = {
  path: ["run"],
  label: "Command",
  kind: "text",
  help: "as in a shell; its code comes from a checkout",
} as const;
const NAME = { path: ["name"], label: "Name", kind: "text", usual: "a made-up one" } as const;
const RECIPE = { path: ["recipe"], label: "Recipe", kind: "text" } as const;

export function BlockForms({ text, change }: Props) {
  return (
    <div>
      <What text={text} change={change} />
      {BLOCKS.map(({ title, fields }) => (
        <BlockForm
          key={title}
          title={title}
          open={title === "Resources"}
          told={fields.filter((each) => valueAt(text, each)).length}
        >
          {fields.map((field) => (
            <FieldInput
              key={field.label}
              field={field}
              value={valueAt(text, field)}
              change={(value) => change(edited(text, field, value))}
            />
          ))}
        </BlockForm>
      ))}
    </div>
  );
}

/** What it runs: a recipe with its parameters, or a command. */
function What({ text, change }: Props) {
  const recipes = useQuery(recipesQuery).data ?? [];
  const name = valueAt(text, RECIPE);
  const recipe = recipes.find((each) => each.name === name);
  const fields = recipe ? recipe.params.map(fieldOf) : [RUN];
  return (
    <BlockForm title="What it runs" open>
      <FieldInput field={NAME} value={valueAt(text, NAME)} change={(value) => change(edited(text, NAME, value))} />
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
      {fields.map((field) => (
        <FieldInput
          key={`${name}.${field.label}`}
          field={field}
          value={valueAt(text, field)}
          change={(value) => change(edited(text, field, value))}
        />
      ))}
    </BlockForm>
  );
}

interface FormProps {
  title: string;
  open?: boolean;
  /** Fields that say something. */
  told?: number;
  children: ReactNode;
}

function BlockForm({ title, open = false, told = 0, children }: FormProps) {
  return (
    <Accordion
      defaultExpanded={open}
      disableGutters
      variant="outlined"
      slotProps={{ transition: { unmountOnExit: true } }}
    >
      <AccordionSummary expandIcon={<Icon path={mdiChevronDown} />}>
        <Typography component="span" sx={{ fontWeight: 650 }}>
          {title}
        </Typography>
        {told > 0 && (
          <Typography component="span" color="text.secondary" sx={{ ml: 1 }}>
            {told} set
          </Typography>
        )}
      </AccordionSummary>
      <AccordionDetails>
        <Box
          sx={{ display: "grid", gap: 1.5, gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 180px), 1fr))" }}
        >
          {children}
        </Box>
      </AccordionDetails>
    </Accordion>
  );
}
