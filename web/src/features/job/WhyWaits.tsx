/** Why a job waits: the sentence, its place, when it will start, who has what it waits for, and what would help. */
import { Box, Button, Stack, Table, TableBody, TableCell, TableHead, TableRow, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { whyQuery } from "@/api/queries";
import type { Eta, Job, Why } from "@/api/types";
import { Ago, Lasting } from "@/shared/Ago";
import { clock } from "@/shared/format";
import { Loaded } from "@/shared/Loaded";
import { useMay } from "@/shared/roles";
import { cloneUrl } from "./clone";
import { Scroller } from "@/shared/Scroller";
import { Section } from "./Section";

export function WhyWaits({ job }: { job: Job }) {
  const query = useQuery(whyQuery(job.id));
  return (
    <Section title="Why it waits">
      <Loaded query={query}>
        {(why) => (
          <Stack spacing={2}>
            <Box role="status" aria-live="polite">
              <Typography>
                {why.position !== null && <strong>Number {why.position} in the queue. </strong>}
                <bdi>{why.text}</bdi>
              </Typography>
              {why.hint && <Typography color="text.secondary">{why.hint}</Typography>}
              {why.code && (
                <Typography variant="body2" color="text.secondary">
                  <code>{why.code}</code>
                </Typography>
              )}
            </Box>
            {why.eta && <Forecast eta={why.eta} />}
            {why.holders.length > 0 && <Holders why={why} />}
            {why.remedy && <Remedy job={job} remedy={why.remedy} />}
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}

function Forecast({ eta }: { eta: Eta }) {
  const parts: [string, number | null][] = [
    ["Not before", eta.not_before],
    ["Likely", eta.likely],
    ["Late", eta.late],
    ["At the latest, by limits", eta.no_later_than],
  ];
  return (
    <Stack
      component="dl"
      direction="row"
      useFlexGap
      sx={{ flexWrap: "wrap", gap: 3, m: 0 }}
      aria-label="When it starts"
    >
      {parts.map(([title, at]) => (
        <Box key={title}>
          <Typography component="dt" variant="body2" color="text.secondary">
            {title}
          </Typography>
          <Typography component="dd" sx={{ m: 0, fontWeight: 600 }}>
            {at === null ? (
              "unknown"
            ) : (
              <>
                {clock(at)} (<Ago at={at} />)
              </>
            )}
          </Typography>
        </Box>
      ))}
    </Stack>
  );
}

function Holders({ why }: { why: Why }) {
  return (
    <Scroller label="Who has what it waits for">
      <Table size="small">
        <TableHead>
          <TableRow>
            {["Held by", "Owner", "Team", "Ranks", "Nodes", "For", "Until"].map((title) => (
              <TableCell key={title}>{title}</TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {why.holders.map((holder, index) => (
            <TableRow key={holder.job || index}>
              <TableCell>
                {holder.job ? (
                  <Link to={`/jobs/${holder.job}`}>{holder.name || holder.job}</Link>
                ) : (
                  "another team's job"
                )}
              </TableCell>
              <TableCell>{holder.owner || "–"}</TableCell>
              <TableCell>{holder.team || "–"}</TableCell>
              <TableCell>{holder.ranks}</TableCell>
              <TableCell>{holder.nodes.join(", ")}</TableCell>
              <TableCell>
                <Lasting from={holder.since} />
              </TableCell>
              <TableCell>{holder.until === null ? "no limit" : clock(holder.until)}</TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Scroller>
  );
}

function Remedy({ job, remedy }: { job: Job; remedy: NonNullable<Why["remedy"]> }) {
  const may = useMay("submit");
  return (
    <Box>
      <Typography>
        With one change it would start now. <strong>{remedy.text}</strong>
      </Typography>
      {may && (
        <Button component={Link} to={cloneUrl(job.id, remedy.fields)} variant="outlined" sx={{ mt: 1 }}>
          Clone it with this change
        </Button>
      )}
    </Box>
  );
}
