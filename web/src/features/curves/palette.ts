/** Colours of lines, each with at least 3:1 against the paper, and dashes so that colour alone tells nothing. */
import { useColorScheme } from "@mui/material/styles";

const LIGHT = ["#2456b3", "#8f4e00", "#1b6e34", "#b3261e", "#6b3fa0", "#0b6179", "#6d5600", "#a0306f"] as const;
const DARK = ["#9dbcff", "#ffb866", "#7fd49a", "#ffa39b", "#d0b3ff", "#7fd0e8", "#e6cf6a", "#ff9fd0"] as const;
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [12, 4, 2, 4]];

export interface Look {
  dark: boolean;
  text: string;
  grid: string;
  paper: string;
  line: (index: number) => { color: string; dash: number[] };
}

export function useLook(): Look {
  const { mode, systemMode } = useColorScheme();
  const dark = (mode === "system" ? systemMode : mode) === "dark";
  const colors = dark ? DARK : LIGHT;
  return {
    dark,
    text: dark ? "#e7eaee" : "#1b1e23",
    grid: dark ? "#343a42" : "#dfe3e8",
    paper: dark ? "#1a1e24" : "#ffffff",
    line: (index) => ({
      color: colors[index % colors.length] ?? LIGHT[0],
      // Neighbours differ in both.
      dash: [...(DASHES[index % DASHES.length] ?? [])],
    }),
  };
}
