/**
 * A table of thousands of rows, of which only those in sight are in the document.
 *
 * For a screen reader it is a table with its true number of rows. Arrow keys, Page Up, Page Down, Home and End walk
 * through the rows, Enter opens one, the space bar chooses it.
 */
import { mdiArrowDown, mdiArrowUp } from "@mdi/js";
import { Box, ButtonBase } from "@mui/material";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import { Icon } from "./Icon";

export interface Column<Row> {
  id: string;
  title: string;
  /** Pixels, at least. */
  width: number;
  /** How much of the room that is left it takes, beside the others; nothing without it. */
  grow?: number;
  cell: (row: Row) => ReactNode;
  /** Whether the reader may sort by it. */
  sortable?: boolean;
  align?: "end";
}

export interface Sorting {
  by: string;
  descending: boolean;
}

interface Props<Row> {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
  height: number;
  sorting?: Sorting;
  onSort?: (sorting: Sorting) => void;
  onOpen?: (row: Row) => void;
  onChoose?: (row: Row) => void;
  isSelected?: (row: Row) => boolean;
}

const OVERSCAN = 12;

export function VirtualTable<Row>(props: Props<Row>) {
  const { rows, columns, height, onOpen } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  // The compiler's rules do not know this library; its answer is read in this component only.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : props.keyOf(row);
    },
  });
  const template = columns.map(({ width, grow }) => (grow ? `minmax(${width}px, ${grow}fr)` : `${width}px`)).join(" ");
  const least = columns.reduce((sum, column) => sum + column.width, 0);

  function walk(event: KeyboardEvent): void {
    if (event.target !== event.currentTarget) return;
    const page = Math.max(1, Math.floor((frame.current?.clientHeight ?? 0) / height) - 1);
    const steps: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: rows.length - 1,
    };
    const wanted = steps[event.key];
    const row = rows[active];
    if (wanted !== undefined) {
      event.preventDefault();
      const next = Math.min(Math.max(wanted, 0), rows.length - 1);
      setActive(next);
      virtual.scrollToIndex(next);
    } else if (event.key === "Enter" && row !== undefined) onOpen?.(row);
    else if (event.key === " " && row !== undefined && props.onChoose) {
      event.preventDefault();
      props.onChoose(row);
    }
  }

  return (
    <Box
      ref={frame}
      role="table"
      aria-label={props.label}
      aria-rowcount={rows.length + 1}
      tabIndex={0}
      onKeyDown={walk}
      sx={{
        overflow: "auto",
        flexGrow: 1,
        minHeight: 240,
        border: 1,
        borderColor: "divider",
        borderRadius: 2,
        bgcolor: "background.paper",
        contain: "strict",
        typography: "body2",
        // One style for all rows: a sheet for each cell is what makes scrolling slow.
        "& .row": {
          position: "absolute",
          insetInline: 0,
          height,
          display: "grid",
          gridTemplateColumns: template,
          alignItems: "center",
          borderBottom: 1,
          borderColor: "divider",
        },
        "& .row > div": { px: 1, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
        // What is about several rows may use the whole width.
        "& .row > div:has(> [data-wide])": { overflow: "visible" },
        "& .row:hover": { bgcolor: "action.hover" },
        "& .row[aria-selected=true]": { bgcolor: "action.selected" },
        "& .row a": { color: "primary.main" },
        "& .row input": { width: 18, height: 18, accentColor: "var(--mui-palette-primary-main)" },
        "&:focus-visible .row[data-active]": { boxShadow: "inset 3px 0 var(--mui-palette-primary-main)" },
      }}
    >
      <Head columns={columns} template={template} least={least} sorting={props.sorting} onSort={props.onSort} />
      <Box role="rowgroup" sx={{ position: "relative", height: virtual.getTotalSize(), minWidth: least }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return row === undefined ? null : (
            <div
              key={item.key}
              className="row"
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={props.isSelected?.(row)}
              data-active={item.index === active || undefined}
              onClick={() => setActive(item.index)}
              onDoubleClick={() => onOpen?.(row)}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {columns.map((column) => (
                <div key={column.id} role="cell" style={{ textAlign: column.align }}>
                  {column.cell(row)}
                </div>
              ))}
            </div>
          );
        })}
      </Box>
    </Box>
  );
}

interface HeadProps<Row> {
  columns: readonly Column<Row>[];
  template: string;
  least: number;
  sorting: Sorting | undefined;
  onSort: ((sorting: Sorting) => void) | undefined;
}

function Head<Row>({ columns, template, least, sorting, onSort }: HeadProps<Row>) {
  return (
    <Box role="rowgroup" sx={{ position: "sticky", top: 0, zIndex: 1, minWidth: least }}>
      <Box
        role="row"
        aria-rowindex={1}
        sx={{
          display: "grid",
          gridTemplateColumns: template,
          bgcolor: "background.default",
          borderBottom: 1,
          borderColor: "divider",
          fontWeight: 650,
        }}
      >
        {columns.map((column) => {
          const on = sorting?.by === column.id;
          const direction = on ? (sorting.descending ? "descending" : "ascending") : "none";
          return (
            <Box
              key={column.id}
              role="columnheader"
              aria-sort={column.sortable ? direction : undefined}
              sx={{ p: 1, whiteSpace: "nowrap", textAlign: column.align }}
            >
              {column.sortable && onSort ? (
                <ButtonBase
                  sx={{ font: "inherit", fontWeight: "inherit" }}
                  onClick={() => onSort({ by: column.id, descending: on ? !sorting.descending : false })}
                >
                  {column.title}
                  {on && <Icon path={sorting.descending ? mdiArrowDown : mdiArrowUp} sx={{ fontSize: 16, ml: 0.5 }} />}
                </ButtonBase>
              ) : (
                column.title
              )}
            </Box>
          );
        })}
      </Box>
    </Box>
  );
}
