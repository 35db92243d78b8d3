/** What a job's ranks write. Which of it is shown is in the address. */
import { mdiTextBoxOutline } from "@mdi/js";
import { Box, LinearProgress } from "@mui/material";
import { useState } from "react";
import { useSearchParams } from "react-router";
import type { Job } from "@/api/types";
import { Empty } from "@/shared/Empty";
import { Refusal } from "@/shared/Loaded";
import { OVER } from "../stretches";
import { LogBar } from "./LogBar";
import { LogView } from "./LogView";
import { useLog } from "./useLog";
import { errorLine } from "./window";

function whole(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}

export default function LogTab({ job }: { job: Job }) {
  const [search, setSearch] = useSearchParams();
  const rank = whole(search.get("rank"));
  const attempt = whole(search.get("attempt")) ?? 0;
  // Another part of the log is another log.
  return (
    <Log
      key={`${rank} ${attempt}`}
      job={job}
      rank={rank}
      attempt={attempt}
      atError={search.get("at") === "error"}
      choose={(name, value) =>
        setSearch((before) => {
          const next = new URLSearchParams(before);
          next.delete("at");
          if (value) next.set(name, value);
          else next.delete(name);
          return next;
        })
      }
    />
  );
}

interface Props {
  job: Job;
  rank: number | null;
  attempt: number;
  /** Whether it begins with the line that tells what went wrong. */
  atError: boolean;
  choose: (name: "rank" | "attempt", value: string) => void;
}

function Log({ job, rank, attempt, atError, choose }: Props) {
  const [feed, { held, loaded, error, following, mark }] = useLog(job, { rank, attempt }, atError);
  const [words, setWords] = useState("");
  const [said, setSaid] = useState("");

  async function find(step: 1 | -1): Promise<void> {
    if (!words) return;
    setSaid("Looking …");
    const found = await feed.find(words, step);
    setSaid(found ? "" : step > 0 ? "Nothing more behind this." : "Nothing more in front of this.");
  }

  function toError(): void {
    const line = held.lines[errorLine(held.lines)];
    setSaid(line ? "" : "No line here looks like an error.");
    if (line) feed.jump(line);
  }

  return (
    <>
      <LogBar
        job={job}
        rank={rank}
        attempt={attempt}
        choose={choose}
        words={words}
        setWords={setWords}
        find={(step) => void find(step)}
        toError={toError}
        following={following}
        setFollowing={(on) => feed.follow(on)}
        textUrl={feed.textUrl}
      />
      <Box role="status" aria-live="polite" sx={{ minHeight: 20, typography: "body2", color: "text.secondary" }}>
        {said}
      </Box>
      {error !== null && <Refusal error={error} again={() => void feed.toEnd()} />}
      {!loaded && error === null && <LinearProgress aria-label="Loading" />}
      {loaded && held.lines.length === 0 && (
        <Empty
          icon={mdiTextBoxOutline}
          title={OVER.includes(job.state) ? "Nothing was written" : "Nothing was written yet"}
          text="What its ranks write to their standard output and standard error shows here while it is written."
        />
      )}
      {held.lines.length > 0 && (
        <LogView feed={feed} held={held} ranked={rank === null} following={following} words={words} mark={mark} />
      )}
    </>
  );
}
