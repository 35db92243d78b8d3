/** The pages of the console: where they are, what they are called, and the key that goes there after `g`. */
import { mdiFormatListBulleted } from "@mdi/js";

export interface PageLink {
  path: string;
  title: string;
  icon: string;
  key: string;
}

export const PAGES: readonly PageLink[] = [{ path: "/jobs", title: "Jobs", icon: mdiFormatListBulleted, key: "j" }];
