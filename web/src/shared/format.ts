/** Times, sizes and shares as a person reads them, in the reader's own zone and language. */

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** Bytes in powers of 1000: `1.5 GB`. */
export function bytes(size: number | null | undefined): string {
  if (size === null || size === undefined) return "–";
  let value = size;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${UNITS[unit]}`;
}

/** Seconds in at most two units: `3 h 12 min`. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

const CLOCK = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const TODAY = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });

/** The full date and time. at: unix seconds. */
export function moment(at: number): string {
  return CLOCK.format(at * 1000);
}

/** The time, with the day where it is not today's. at: unix seconds. */
export function clock(at: number): string {
  const date = new Date(at * 1000);
  return (date.toDateString() === new Date().toDateString() ? TODAY : DAY).format(date);
}

/** A fraction as `42 %`. */
export function percent(fraction: number | null | undefined): string {
  return fraction === null || fraction === undefined ? "–" : `${Math.round(fraction * 100)} %`;
}

/** Hours of use, to the hundredth: what is less is next to nothing. */
export function hours(value: number): string {
  if (value > 0 && value < 0.01) return "< 0.01";
  return value.toLocaleString(undefined, { maximumFractionDigits: 2 });
}

/** A number with four significant digits, however it comes: NaN and infinities by their names. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(3);
  return Number(value.toPrecision(4)).toLocaleString(undefined, { maximumSignificantDigits: 4 });
}
