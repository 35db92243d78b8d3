/** One block of the job, which opens and closes, and goes where it may. */
import { mdiChevronDown } from "@mdi/js";
import { Accordion, AccordionDetails, AccordionSummary, Box, Button, Typography } from "@mui/material";
import { type ReactNode, useState } from "react";
import { Icon } from "@/shared/Icon";

interface Props {
  title: string;
  open?: boolean;
  /** Fields that say something. */
  told?: number;
  /** Something in it is refused: it opens, so that the reader sees what. */
  wrong?: boolean;
  remove?: () => void;
  children: ReactNode;
}

export function BlockForm({ title, open = false, told = 0, wrong = false, remove, children }: Props) {
  const [opened, setOpened] = useState(open);
  // It stays open when it is right again: the reader may be writing in it.
  if (wrong && !opened) setOpened(true);
  return (
    <Accordion
      expanded={opened}
      onChange={(_, now) => setOpened(now)}
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
        {remove && (
          <Button size="small" onClick={remove} sx={{ mt: 1 }}>
            Take {title} out
          </Button>
        )}
      </AccordionDetails>
    </Accordion>
  );
}
