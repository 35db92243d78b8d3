/** Several jobs over one another: their curves, and what differs between them. */
import { mdiCompareHorizontal, mdiDownload, mdiRefresh } from "@mdi/js";
import { Box, Button, FormControlLabel, Stack, Switch } from "@mui/material";
import { keepPreviousData, useQueries } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { jobFileQuery, jobQuery } from "@/api/queries";
import type { Job, JobFile, Series } from "@/api/types";
import { ChartCard } from "@/features/curves/ChartCard";
import { Controls } from "@/features/curves/Controls";
import { type Line, lineOf, metricsOf, stepAt } from "@/features/curves/curves";
import { GRID } from "@/features/curves/grid";
import { type Settings, useSettings } from "@/features/curves/settings";
import { curvesQuery } from "@/features/curves/useCurves";
import { OVER } from "@/features/job/stretches";
import { csv } from "@/shared/csv";
import { Empty } from "@/shared/Empty";
import { duration, figure } from "@/shared/format";
import { Icon } from "@/shared/Icon";
import { JobLink } from "@/shared/JobLink";
import { Refusal } from "@/shared/Loaded";
import { Page } from "@/shared/Page";
import { save } from "@/shared/save";
import { StateChip } from "@/shared/StateChip";
import { DifferenceTable } from "./DifferenceTable";
import { flat, results, rowsOf } from "./differences";

/** Jobs that are told apart at a glance. */
const MOST = 8;

export function Component() {
  const [search] = useSearchParams();
  const ids = [...new Set((search.get("jobs") ?? "").split(",").filter(Boolean))].slice(0, MOST);
  return (
    <Page title="Compare">
      {ids.length ? (
        <Compared ids={ids} />
      ) : (
        <Empty
          icon={mdiCompareHorizontal}
          title="Nothing is chosen"
          text={`Choose two to ${MOST} jobs in the list, then “Compare”.`}
        >
          <Button component={Link} to="/jobs">
            To the jobs
          </Button>
        </Empty>
      )}
    </Page>
  );
}

function Compared({ ids }: { ids: readonly string[] }) {
  const [settings, change] = useSettings();
  const jobs = useQueries({ queries: ids.map((id) => jobQuery(id)) });
  const files = useQueries({ queries: ids.map((id) => jobFileQuery(id)) });
  const running = jobs.map(({ data }) => data !== undefined && !OVER.includes(data.state));
  // A stream for each would leave the browser none of its six connections: they are read when asked to, and at the end.
  const curves = useQueries({
    queries: ids.map((id, index) => ({
      ...curvesQuery(id, settings.range, running[index] === false),
      enabled: jobs[index]?.data !== undefined,
      placeholderData: keepPreviousData,
    })),
  });
  const wrong = [...jobs, ...files, ...curves].find((query) => query.error)?.error;
  if (wrong) return <Refusal error={wrong} />;
  const known = ids.flatMap((_, index) => {
    const [job, file, series] = [jobs[index]?.data, files[index]?.data, curves[index]?.data?.items];
    return job && file && series ? [{ job, file, series }] : [];
  });
  return (
    <>
      <Stack direction="row" useFlexGap component="ul" aria-label="Jobs" sx={{ flexWrap: "wrap", gap: 2, p: 0, mt: 0 }}>
        {known.map(({ job }) => (
          <Stack key={job.id} component="li" direction="row" spacing={1} sx={{ alignItems: "center" }}>
            <JobLink job={job.id} />
            <StateChip state={job.state} />
          </Stack>
        ))}
      </Stack>
      <Controls settings={settings} change={change} />
      {running.includes(true) && (
        <Button
          startIcon={<Icon path={mdiRefresh} />}
          disabled={curves.some((each) => each.isFetching)}
          onClick={() => curves.forEach((each, index) => void (running[index] && each.refetch()))}
        >
          Read what runs again
        </Button>
      )}
      <Curves known={known} settings={settings} change={change} />
      <Tables known={known} />
    </>
  );
}

interface Known {
  job: Job;
  file: JobFile;
  series: Series[];
}

interface CurvesProps {
  known: readonly Known[];
  settings: Settings;
  change: (change: Partial<Settings>) => void;
}

/** One line a job: of its first rank, since ranks of one job tell about the same. */
function Curves({ known, settings, change }: CurvesProps) {
  const { axis, filter } = settings;
  const metrics = useMemo(() => {
    const names = metricsOf(known.flatMap(({ series }) => series)).map(({ name }) => name);
    // A job without a metric keeps its place, so that each has its colour and dash in all charts.
    const lines = (name: string): Line[] =>
      known.map(({ job, series }) => {
        const first = metricsOf(series).find((each) => each.name === name)?.series[0];
        const label = known.some((each) => each.job.id !== job.id && each.job.name === job.name) ? job.id : job.name;
        return lineOf(label, first?.points ?? [], axis, job.started ?? job.submitted);
      });
    return names.filter((name) => name.includes(filter)).map((name) => [name, lines(name)] as const);
  }, [known, axis, filter]);
  const zoom = (from: number, to: number) => {
    const { job, series } = known[0] ?? {};
    const points = series?.flatMap((each) => each.points) ?? [];
    const zero = job?.started ?? job?.submitted ?? 0;
    const [first, last] = [stepAt(from, points, axis, zero), stepAt(to, points, axis, zero)];
    if (first < last) change({ range: { first, last } });
  };
  return (
    <Box sx={GRID}>
      {metrics.map(([name, lines]) => (
        <ChartCard key={name} name={name} lines={lines} settings={settings} onZoom={zoom} />
      ))}
    </Box>
  );
}

function Tables({ known }: { known: readonly Known[] }) {
  const [all, setAll] = useState(false);
  const jobs = known.map(({ job }) => job);
  const parameters = rowsOf(known.map(({ file }) => flat(file)));
  const outcomes = [
    ...rowsOf(
      jobs.map(
        (job) =>
          new Map([
            ["state", job.state],
            ["attempts", String(job.attempt)],
            ["took", job.started && job.ended ? duration(job.ended - job.started) : ""],
          ]),
      ),
    ),
    ...results(
      known.map(({ series }) => series),
      figure,
    ),
  ];
  const file = () => {
    const rows = [...parameters, ...outcomes].map((row) => [row.name, ...row.values]);
    save("compared.csv", "text/csv", csv(["", ...jobs.map((job) => job.id)], rows));
  };
  return (
    <>
      <Stack direction="row" sx={{ mt: 3, alignItems: "center", justifyContent: "space-between" }}>
        <FormControlLabel
          control={<Switch checked={all} onChange={(_, on) => setAll(on)} />}
          label="Also what is the same"
        />
        <Button startIcon={<Icon path={mdiDownload} />} onClick={file}>
          CSV
        </Button>
      </Stack>
      <DifferenceTable title="Parameters" jobs={jobs} rows={parameters} all={all} />
      <DifferenceTable title="Results" jobs={jobs} rows={outcomes} all={all} />
    </>
  );
}
