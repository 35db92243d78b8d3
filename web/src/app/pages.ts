/** The pages of the console: where they are, what they are called, and the key that goes there after `g`. */
import {
  mdiAccountKeyOutline,
  mdiChartBoxOutline,
  mdiCompareHorizontal,
  mdiFormatListBulleted,
  mdiPlusBoxOutline,
  mdiScaleBalance,
  mdiServerNetwork,
  mdiTrayFull,
} from "@mdi/js";

export interface PageLink {
  path: string;
  title: string;
  icon: string;
  key: string;
}

export const PAGES: readonly PageLink[] = [
  { path: "/fleet", title: "Fleet", icon: mdiServerNetwork, key: "f" },
  { path: "/jobs", title: "Jobs", icon: mdiFormatListBulleted, key: "j" },
  { path: "/compare", title: "Compare", icon: mdiCompareHorizontal, key: "c" },
  { path: "/queue", title: "Queue", icon: mdiTrayFull, key: "q" },
  { path: "/new", title: "New job", icon: mdiPlusBoxOutline, key: "n" },
  { path: "/usage", title: "Usage", icon: mdiChartBoxOutline, key: "u" },
  { path: "/policy", title: "Policy", icon: mdiScaleBalance, key: "p" },
  { path: "/account", title: "Account", icon: mdiAccountKeyOutline, key: "a" },
];
