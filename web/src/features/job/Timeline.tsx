/** The states a job went through, as a bar and as a list with the causes. */
import { Box, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import type { Job } from "@/api/types";
import { Lasting, useNow } from "@/shared/Ago";
import { clock, moment } from "@/shared/format";
import { Loaded } from "@/shared/Loaded";
import { StateChip } from "@/shared/StateChip";
import { eventsQuery } from "./queries";
import { Section } from "./Section";
import { OVER, type Stretch, shares, stretches } from "./stretches";

const COLOURS: Record<string, string> = {
  queued: "action.disabled",
  starting: "info.main",
  running: "primary.main",
  recovering: "warning.main",
  pausing: "secondary.main",
  paused: "secondary.main",
  stopping: "warning.main",
  succeeded: "success.main",
  failed: "error.main",
  cancelled: "text.secondary",
};

export function Timeline({ job }: { job: Job }) {
  const query = useQuery(eventsQuery(job.id));
  return (
    <Section title="What happened">
      <Loaded query={query}>
        {(events) => {
          const all = stretches(events);
          return (
            <>
              <Bar all={all} />
              <Box component="ol" aria-label="States" sx={{ listStyle: "none", p: 0, m: 0 }}>
                {all.map((stretch) => (
                  <Item key={stretch.from} stretch={stretch} />
                ))}
              </Box>
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}

/** The list below says the same. */
function Bar({ all }: { all: readonly Stretch[] }) {
  const lengths = shares(all, useNow());
  return (
    <Box aria-hidden sx={{ display: "flex", gap: "2px", height: 14, mb: 1.5, borderRadius: 1, overflow: "hidden" }}>
      {all.map((stretch, index) => (
        <Box
          key={stretch.from}
          title={stretch.state}
          sx={{ flexGrow: lengths[index], flexBasis: 0, bgcolor: COLOURS[stretch.state] }}
        />
      ))}
    </Box>
  );
}

function Item({ stretch }: { stretch: Stretch }) {
  const over = (OVER as readonly string[]).includes(stretch.state);
  return (
    <Box
      component="li"
      sx={{
        display: "grid",
        gridTemplateColumns: { xs: "1fr auto", sm: "130px 190px 1fr" },
        columnGap: 2,
        py: 0.75,
        borderTop: 1,
        borderColor: "divider",
      }}
    >
      <StateChip state={stretch.state} />
      <Typography variant="body2" color="text.secondary" component="div">
        <time dateTime={new Date(stretch.from * 1000).toISOString()} title={moment(stretch.from)}>
          {clock(stretch.from)}
        </time>
        {!over && (
          <>
            , for <Lasting from={stretch.from} to={stretch.to} />
          </>
        )}
      </Typography>
      <Box sx={{ gridColumn: { xs: "1 / -1", sm: "3" }, overflowWrap: "anywhere" }}>
        {stretch.causes.map((cause, index) => (
          <Typography key={index} variant="body2">
            <bdi>{cause}</bdi>
          </Typography>
        ))}
      </Box>
    </Box>
  );
}
