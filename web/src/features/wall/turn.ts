/** Which nodes a wall shows now: all where they fit, else one screenful after the other. */

/** Nodes on one screen. */
export const SCREENFUL = 24;

/** Seconds that each is shown. */
export const TURN = 15;

/** turn: counts up for ever. */
export function screenOf<T>(all: readonly T[], turn: number): { shown: T[]; screen: number; screens: number } {
  const screens = Math.max(1, Math.ceil(all.length / SCREENFUL));
  const screen = turn % screens;
  return { shown: all.slice(screen * SCREENFUL, (screen + 1) * SCREENFUL), screen: screen + 1, screens };
}
