/** The job file as forms: what is written in one is written into the text, and the other way round. */
import { useDroppable } from "@dnd-kit/core";
import { Box } from "@mui/material";
import { EndNotices } from "@/shared/EndNotices";
import { BlockForm } from "./BlockForm";
import { type Block, BLOCKS } from "./blocks";
import { FieldInput } from "./FieldInput";
import { edited, valueAt, without } from "./text";
import { WhatBlock } from "./WhatBlock";
import { type Wrong, wrongWith } from "./wrong";

/** It is the browser's own and no part of the job file. */
export const NOTICES: Block = { title: "Notifications", about: "tell me when it ends", fields: [] };

export interface FormProps {
  text: string;
  change: (text: string) => void;
  wrong: Wrong | null;
}

interface Props extends FormProps {
  /** Titles of the blocks that were added and may be empty yet. */
  added: readonly string[];
  remove: (title: string) => void;
}

/** How many of its fields say something. */
export function told(block: Block, text: string): number {
  return block.fields.filter((each) => valueAt(text, each)).length;
}

export function BlockForms({ text, change, wrong, added, remove }: Props) {
  const { setNodeRef, isOver } = useDroppable({ id: "job" });
  const shown = BLOCKS.filter((block) => added.includes(block.title) || told(block, text));
  return (
    <Box
      ref={setNodeRef}
      component="section"
      aria-label="The job"
      sx={{ outline: isOver ? "2px dashed" : "none", outlineColor: "primary.main", outlineOffset: 4, borderRadius: 1 }}
    >
      <WhatBlock text={text} change={change} wrong={wrong} />
      {shown.map((block) => (
        <BlockForm
          key={block.title}
          title={block.title}
          open={block.title === "Resources" || added.includes(block.title)}
          told={told(block, text)}
          wrong={block.fields.some((each) => wrongWith(wrong, each.path))}
          remove={() => {
            change(without(text, block));
            remove(block.title);
          }}
        >
          {block.fields.map((field) => (
            <FieldInput
              key={field.label}
              field={field}
              value={valueAt(text, field)}
              wrong={wrongWith(wrong, field.path)}
              change={(value) => change(edited(text, field, value))}
            />
          ))}
        </BlockForm>
      ))}
      {added.includes(NOTICES.title) && (
        <BlockForm title={NOTICES.title} open remove={() => remove(NOTICES.title)}>
          <Box sx={{ gridColumn: "1 / -1" }}>
            <EndNotices />
          </Box>
        </BlockForm>
      )}
    </Box>
  );
}
