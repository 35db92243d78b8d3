/** Who used what: GPU-hours, what of them was lost, and how long jobs waited. */
import { mdiChartBoxOutline } from "@mdi/js";
import { Button, Stack, ToggleButton, ToggleButtonGroup, Typography } from "@mui/material";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { ask, head } from "@/api/client";
import type { paths } from "@/api/schema";
import { Empty } from "@/shared/Empty";
import { Loaded } from "@/shared/Loaded";
import { Page } from "@/shared/Page";
import { save } from "@/shared/save";
import { usageCsv } from "./csv";
import { UsageTable } from "./UsageTable";

type By = NonNullable<NonNullable<paths["/api/v1/usage"]["get"]["parameters"]["query"]>["by"]>;

const BY: readonly [By, string][] = [
  ["team", "Team"],
  ["user", "User"],
  ["gpu", "GPU model"],
  ["job", "Job"],
];
const DAYS = [1, 7, 30, 90] as const;

const usageQuery = (by: By, days: number) =>
  queryOptions({
    queryKey: ["usage", by, days],
    queryFn: () =>
      ask(head.GET("/api/v1/usage", { params: { query: { by, since: Date.now() / 1000 - days * 86400 } } })),
    placeholderData: keepPreviousData,
  });

export function Component() {
  const [search, setSearch] = useSearchParams();
  const by = BY.find(([id]) => id === search.get("by"))?.[0] ?? "team";
  const days = DAYS.find((each) => String(each) === search.get("days")) ?? 30;
  const usage = useQuery(usageQuery(by, days));
  const go = (next: { by?: By; days?: number }) =>
    setSearch({ by: next.by ?? by, days: String(next.days ?? days) }, { replace: true });
  return (
    <Page
      title="Usage"
      actions={
        <Button
          disabled={!usage.data?.items.length}
          onClick={() => usage.data && save(`usage-by-${by}.csv`, "text/csv", usageCsv(usage.data.items))}
        >
          Save as CSV
        </Button>
      }
    >
      <Stack direction="row" useFlexGap sx={{ flexWrap: "wrap", gap: 2, mb: 2 }}>
        <ToggleButtonGroup
          exclusive
          size="small"
          value={by}
          aria-label="One row for each"
          onChange={(_, value: By | null) => value && go({ by: value })}
        >
          {BY.map(([id, title]) => (
            <ToggleButton key={id} value={id}>
              {title}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
        <ToggleButtonGroup
          exclusive
          size="small"
          value={days}
          aria-label="How far back"
          onChange={(_, value: number | null) => value && go({ days: value })}
        >
          {DAYS.map((each) => (
            <ToggleButton key={each} value={each}>
              {each === 1 ? "1 day" : `${each} days`}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      </Stack>
      <Loaded query={usage}>
        {(data) =>
          data.items.length ? (
            <UsageTable rows={data.items} by={by} title={BY.find(([id]) => id === by)?.[1] ?? by} />
          ) : (
            <Empty icon={mdiChartBoxOutline} title="Nothing ran in this time" />
          )
        }
      </Loaded>
      <Typography color="text.secondary" variant="body2" sx={{ mt: 1 }}>
        Efficiency: the part of what is over that was not lost to failures. Waiting: of jobs first placed in this time.
      </Typography>
    </Page>
  );
}
