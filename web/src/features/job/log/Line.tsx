/** A line of a log, as a terminal would show it. */
import type { CSSProperties } from "react";
import type { LogLine } from "@/api/types";
import { moment } from "@/shared/format";
import { type Piece, pieces } from "./ansi";

interface Props {
  line: LogLine;
  /** Whether it says whose line it is. */
  ranked: boolean;
  marked: boolean;
  words: string;
  style: CSSProperties;
}

export function Line({ line, ranked, marked, words, style }: Props) {
  return (
    <div className="line" style={style} data-marked={marked || undefined} title={moment(line.at)}>
      {ranked && <span className="rank">{line.rank}</span>}
      <bdi>
        {pieces(line.text).map((piece, index) => (
          <Shown key={index} piece={piece} words={words} />
        ))}
      </bdi>
    </div>
  );
}

function Shown({ piece, words }: { piece: Piece; words: string }) {
  const { text, color, background, bold, italic, underline } = piece;
  const style: CSSProperties = {
    color,
    background,
    fontWeight: bold ? 700 : undefined,
    fontStyle: italic ? "italic" : undefined,
    textDecoration: underline ? "underline" : undefined,
  };
  const parts = words ? split(text, words) : [text];
  return <span style={style}>{parts.map((part, index) => (index % 2 ? <mark key={index}>{part}</mark> : part))}</span>;
}

/** Every second part is what was looked for. */
function split(text: string, words: string): string[] {
  const quoted = words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.split(new RegExp(`(${quoted})`, "gi"));
}
