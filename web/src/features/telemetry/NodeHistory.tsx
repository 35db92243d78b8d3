/** What a node measured over the last minutes or hours. */
import { Button, Stack, ToggleButton, ToggleButtonGroup, Typography } from "@mui/material";
import { lazy, Suspense, useState } from "react";
import type { Worker } from "@/api/types";
import { Refusal } from "@/shared/Loaded";
import { figuresOf, OF_GPUS, OF_NODE, within } from "./history";
import { useHistories } from "./useHistory";

const Figures = lazy(() => import("./Figures"));

const PERIODS = { "10 minutes": 600, "1 hour": 3600, "24 hours": 86_400 } as const;
type Period = keyof typeof PERIODS;

export function NodeHistory({ node }: { node: Worker }) {
  const [period, setPeriod] = useState<Period>("1 hour");
  const [close, setClose] = useState<readonly [from: number, to: number] | null>(null);
  const [{ data: history, error } = {}] = useHistories([node.name], -PERIODS[period], 0);
  const figures = history ? figuresOf([...OF_GPUS, ...OF_NODE], [{ node: "", history, gpus: null }], 0) : [];
  const shown = close
    ? figures.map(({ title, lines }) => ({ title, lines: lines.map((line) => within(line, ...close)) }))
    : figures;
  return (
    <section aria-label="Telemetry">
      <Stack direction="row" useFlexGap sx={{ flexWrap: "wrap", gap: 2, alignItems: "center", mb: 1 }}>
        <Typography variant="h2">Telemetry</Typography>
        <ToggleButtonGroup
          exclusive
          size="small"
          value={period}
          aria-label="Over the last"
          onChange={(_, value: Period | null) => {
            if (value) setPeriod(value);
            setClose(null);
          }}
        >
          {Object.keys(PERIODS).map((each) => (
            <ToggleButton key={each} value={each}>
              {each}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
        {close && <Button onClick={() => setClose(null)}>The whole time</Button>}
      </Stack>
      {error && <Refusal error={error} />}
      {history && !figures.length && (
        <Typography color="text.secondary">Nothing was measured in this time since the head started.</Typography>
      )}
      <Suspense>
        <Figures figures={shown} axis="clock" onZoom={(from, to) => setClose([from, to])} />
      </Suspense>
    </section>
  );
}
