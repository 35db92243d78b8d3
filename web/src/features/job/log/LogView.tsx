/** The lines in sight of those that are held; at its edges it asks for more. */
import { Box } from "@mui/material";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef } from "react";
import type { LogLine } from "@/api/types";
import { PANEL } from "./ansi";
import type { LogFeed } from "./feed";
import { Line } from "./Line";
import type { Held } from "./window";

const ROW = 20;
/** Pixels from an edge at which more is asked for. */
const NEAR = 60 * ROW;

interface Props {
  feed: LogFeed;
  held: Held;
  ranked: boolean;
  following: boolean;
  words: string;
  /** The line that was jumped to. */
  mark: LogLine | null;
}

export function LogView({ feed, held, ranked, following, words, mark }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const first = useRef<LogLine | undefined>(undefined);
  const top = useRef(0);
  const { lines } = held;
  // The compiler's rules do not know this library; its answer is read in this component only.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: 20,
  });

  useLayoutEffect(() => {
    const box = frame.current;
    const before = first.current;
    first.current = lines[0];
    if (!box) return;
    // What came in front moves what is read by as much.
    const added = before && before !== lines[0] ? lines.indexOf(before) : 0;
    if (added > 0 && !following) box.scrollTop += added * ROW;
    if (following) box.scrollTop = box.scrollHeight;
    top.current = box.scrollTop;
  }, [lines, following]);

  useEffect(() => {
    const at = mark ? lines.findIndex((line) => line.cursor === mark.cursor) : -1;
    if (at >= 0) virtual.scrollToIndex(at, { align: "center" });
    // Only when another line is marked: what comes meanwhile moves nothing.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [mark]);

  function scrolled(box: HTMLDivElement): void {
    const below = box.scrollHeight - box.scrollTop - box.clientHeight;
    const up = box.scrollTop < top.current - 1;
    top.current = box.scrollTop;
    if (up && below > ROW) feed.follow(false);
    else if (below <= ROW && held.newest) feed.follow(true);
    if (box.scrollTop < NEAR) void feed.older();
    if (below < NEAR) void feed.newer();
  }

  return (
    <Box
      ref={frame}
      role="region"
      aria-label="Log"
      tabIndex={0}
      onScroll={(event) => scrolled(event.currentTarget)}
      onKeyDown={(event) => {
        if (event.key === "End") feed.follow(true);
      }}
      sx={{
        height: "clamp(260px, calc(100dvh - 300px), 4000px)",
        overflow: "auto",
        overflowAnchor: "none",
        bgcolor: PANEL,
        color: "#dfe5ec",
        border: 1,
        borderColor: "divider",
        borderRadius: 1,
        fontFamily: (theme) => theme.typography.mono,
        fontSize: 12.5,
        lineHeight: `${ROW}px`,
        "& .line": {
          position: "absolute",
          insetInlineStart: 0,
          minWidth: "100%",
          height: ROW,
          px: 1,
          whiteSpace: "pre",
          tabSize: 8,
        },
        "& .line:hover": { bgcolor: "#1e252d" },
        "& .line[data-marked]": { bgcolor: "#4a3a10", boxShadow: "inset 3px 0 #ffb866" },
        "& .rank": { display: "inline-block", minWidth: "3ch", mr: 1, color: "#9fb0c3", userSelect: "none" },
        "& mark": { bgcolor: "#ffd54a", color: "#000" },
      }}
    >
      <div style={{ position: "relative", height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const line = lines[item.index];
          return (
            line && (
              <Line
                key={item.index}
                line={line}
                ranked={ranked}
                marked={line.cursor === mark?.cursor}
                words={words}
                style={{ transform: `translateY(${item.start}px)` }}
              />
            )
          );
        })}
      </div>
    </Box>
  );
}
