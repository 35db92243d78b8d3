/** Ctrl-K: goes to a page, a job or a node by a few letters of its name. */
import { Autocomplete, Box, Dialog, ListSubheader, TextField } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { jobsQuery, workersQuery } from "@/api/queries";
import { PAGES } from "./pages";

interface Target {
  label: string;
  group: string;
  path: string;
}

const SHOWN = 60;

/** What `words` may mean, best first: every word has to be in the label. */
export function matching(targets: readonly Target[], words: string): Target[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found: Target[] = [];
  for (const target of targets) {
    const label = target.label.toLowerCase();
    if (wanted.every((word) => label.includes(word))) found.push(target);
    if (found.length === SHOWN) break;
  }
  return found;
}

export default function Palette({ close }: { close: () => void }) {
  const navigate = useNavigate();
  const jobs = useQuery(jobsQuery);
  const workers = useQuery(workersQuery);
  const [words, setWords] = useState("");
  const targets = useMemo<Target[]>(
    () => [
      ...PAGES.map((page) => ({ label: page.title, group: "Pages", path: page.path })),
      ...(workers.data ?? []).map((node) => ({ label: node.name, group: "Nodes", path: `/fleet/${node.name}` })),
      ...(jobs.data?.items ?? []).map((job) => ({
        label: `${job.name} ${job.id} · ${job.state} · ${job.owner}`,
        group: "Jobs",
        path: `/jobs/${job.id}`,
      })),
    ],
    [jobs.data, workers.data],
  );
  return (
    <Dialog open onClose={close} fullWidth maxWidth="sm" aria-labelledby="palette-label">
      <Autocomplete
        id="palette"
        open
        autoHighlight
        options={matching(targets, words)}
        filterOptions={(options) => options}
        groupBy={(target) => target.group}
        renderGroup={({ key, group, children }) => (
          <li key={key} role="group" aria-label={group}>
            <ListSubheader component="div" aria-hidden>
              {group}
            </ListSubheader>
            <Box component="ul" role="none" sx={{ p: 0 }}>
              {children}
            </Box>
          </li>
        )}
        getOptionLabel={(target) => target.label}
        getOptionKey={(target) => target.path}
        inputValue={words}
        onInputChange={(_, value, reason) => reason === "input" && setWords(value)}
        value={null}
        onClose={(_, reason) => reason === "escape" && close()}
        onChange={(_, target) => {
          if (target) void navigate(target.path);
          close();
        }}
        renderInput={(params) => (
          <TextField {...params} autoFocus label="Page, job or node" sx={{ m: 2, width: "auto" }} />
        )}
      />
    </Dialog>
  );
}
