/** All metrics of a job, drawn as they come. */
import { mdiChartLine, mdiDownload } from "@mdi/js";
import { Box, Button, Stack, Typography } from "@mui/material";
import { useMutation } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Job, Series } from "@/api/types";
import { csv } from "@/shared/csv";
import { Empty } from "@/shared/Empty";
import { Icon } from "@/shared/Icon";
import { Loaded } from "@/shared/Loaded";
import { useNotices } from "@/shared/Notices";
import { save } from "@/shared/save";
import { ChartCard } from "./ChartCard";
import { Controls } from "./Controls";
import { GRID } from "./grid";
import { JobHistory } from "@/features/telemetry/JobHistory";
import { type Axis, lineOf, type Metric, metricsOf, spanOf, stepAt } from "./curves";
import { type Settings, useSettings } from "./settings";
import { allCurves, useCurves } from "./useCurves";

const NONE = (
  <>
    What a script prints as <code>step=3 loss=0.21</code>, logs with <code>tensorfleet.train</code>, or writes for
    TensorBoard is drawn here while the job runs.
  </>
);

export default function MetricsTab({ job }: { job: Job }) {
  const [settings, change] = useSettings();
  const query = useCurves(job, settings.range);
  const { refuse } = useNotices();
  const file = useMutation({
    mutationFn: () => allCurves(job.id),
    onSuccess: (series) => {
      const rows = series.flatMap((each) => each.points.map((point) => [each.name, each.rank, ...point]));
      save(`${job.name}-${job.id}.csv`, "text/csv", csv(["metric", "rank", "step", "time", "value"], rows));
    },
    onError: refuse,
  });
  return (
    <Loaded query={query}>
      {({ items }) => {
        const metrics = metricsOf(items).filter(({ name }) => name.includes(settings.filter));
        if (!items.length && !settings.range) return <Empty icon={mdiChartLine} title="No metrics yet" text={NONE} />;
        return (
          <>
            <Stack
              direction="row"
              useFlexGap
              sx={{ flexWrap: { xs: "wrap", sm: "nowrap" }, alignItems: "start", gap: 1 }}
            >
              <Box sx={{ flexGrow: 1, minWidth: 0 }}>
                <Controls settings={settings} change={change} ranked={metrics.some((each) => each.series.length > 1)} />
              </Box>
              <Button startIcon={<Icon path={mdiDownload} />} onClick={() => file.mutate()} disabled={file.isPending}>
                CSV
              </Button>
            </Stack>
            {!metrics.length && <Typography role="status">No metric is as asked for.</Typography>}
            <Box sx={GRID}>
              {metrics.map((metric) => (
                <Curve
                  key={metric.name}
                  metric={metric}
                  settings={settings}
                  change={change}
                  zero={job.started ?? job.submitted}
                />
              ))}
            </Box>
            <JobHistory
              job={job}
              zero={job.started ?? job.submitted}
              span={settings.axis === "time" ? spanOf(items, job.started ?? job.submitted) : null}
              overTime={() => change({ axis: "time" })}
              onZoom={(from, to) => change(closer(items, from, to, "time", job.started ?? job.submitted))}
            />
          </>
        );
      }}
    </Loaded>
  );
}

interface Props {
  metric: Metric;
  settings: Settings;
  change: (change: Partial<Settings>) => void;
  /** Unix seconds that the time axis begins with. */
  zero: number;
}

function Curve({ metric: { name, series }, settings, change, zero }: Props) {
  const { axis } = settings;
  const lines = useMemo(
    () => series.map((each) => lineOf(series.length > 1 ? `rank ${each.rank}` : name, each.points, axis, zero)),
    [series, name, axis, zero],
  );
  return (
    <ChartCard
      name={name}
      lines={lines}
      settings={settings}
      onZoom={(from, to) => change(closer(series, from, to, axis, zero))}
      ofRanks
    />
  );
}

/** A look at the steps between two places on the axis; the same look as before where there are not two. */
function closer(series: readonly Series[], from: number, to: number, axis: Axis, zero: number): Partial<Settings> {
  const points = series.flatMap((each) => each.points);
  const [first, last] = [stepAt(from, points, axis, zero), stepAt(to, points, axis, zero)];
  return first < last ? { range: { first, last } } : {};
}
