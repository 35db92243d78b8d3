/** A line of a terminal as pieces with a look. Whatever is no colour or weight of text is taken out. */
import Anser from "anser";

export interface Piece {
  text: string;
  color?: string;
  background?: string;
  bold?: boolean;
  italic?: boolean;
  underline?: boolean;
}

/** Of the panel that logs stand on, in both themes. */
export const PANEL = "#12161b";
const PANEL_LIGHTNESS = lightness([0x12, 0x16, 0x1b]);
/** WCAG 2.1, 1.4.3. */
const CONTRAST = 4.5;

type Rgb = readonly [number, number, number];

/** Operating system commands (titles, links), other controls of the terminal but for colours, and control characters. */
const NOISE =
  /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[PX^_][^\x1b]*(?:\x1b\\)?|\x1b\[[0-9;:?<=>]*[ -/]*[@-ln-~]|\x1b[^[\]]|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f\u0080-\u009f]/g;

/** Only text, for searching and for what is downloaded. */
export function plain(text: string): string {
  return text.includes("\x1b") || /[\x00-\x1f\x7f-\x9f]/.test(text) ? Anser.ansiToText(text.replace(NOISE, "")) : text;
}

/** Relative luminance, as WCAG defines it. */
export function lightness(rgb: Rgb): number {
  const [r, g, b] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

/** `rgb`, or as much lighter as it takes to be read on the panel. */
export function readable(rgb: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.1) {
    const mixed = rgb.map((part) => Math.round(part + (255 - part) * share)) as [number, number, number];
    if (contrast(lightness(mixed), PANEL_LIGHTNESS) >= CONTRAST) return mixed;
  }
  return [255, 255, 255];
}

function parse(color: string | null): Rgb | null {
  const parts = (color ?? "").split(",").map(Number);
  const [r, g, b] = parts;
  return parts.length === 3 && parts.every((part) => part >= 0 && part <= 255)
    ? [r as number, g as number, b as number]
    : null;
}

function css(rgb: Rgb): string {
  return `rgb(${rgb.join(" ")})`;
}

function look(fore: Rgb | null, back: Rgb | null): Pick<Piece, "color" | "background"> {
  if (back) return { background: css(back), color: lightness(back) > 0.18 ? "#000" : "#fff" };
  return fore ? { color: css(readable(fore)) } : {};
}

export function pieces(text: string): Piece[] {
  if (!text.includes("\x1b")) return [{ text: plain(text) }];
  return Anser.ansiToJson(text.replace(NOISE, ""), { remove_empty: true })
    .filter((part) => part.content)
    .map((part) => {
      const is = (name: (typeof part.decorations)[number]) => part.decorations.includes(name);
      return {
        text: part.content,
        // `reverse` is done by the library, which gives the colours as they are to be shown.
        ...look(parse(part.fg), parse(part.bg)),
        ...(is("bold") && { bold: true }),
        ...(is("italic") && { italic: true }),
        ...(is("underline") && { underline: true }),
      };
    });
}
