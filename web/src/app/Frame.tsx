/** What is around most pages: where one can go, what can be searched, and whether what is shown is still true. */
import { mdiBrightness6, mdiMagnify, mdiMenu } from "@mdi/js";
import {
  AppBar,
  Box,
  Button,
  Drawer,
  IconButton,
  LinearProgress,
  Link as MuiLink,
  Toolbar,
  Tooltip,
  Typography,
  useColorScheme,
  useMediaQuery,
} from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Outlet, useNavigation } from "react-router";
import { meQuery } from "@/api/queries";
import { Icon } from "@/shared/Icon";
import { ConnectionBanner } from "./ConnectionBanner";
import { EndNotifier } from "./EndNotifier";
import { Navigation } from "./Navigation";
import { Shortcuts } from "./Shortcuts";

const WIDTH = 196;

const Palette = lazy(() => import("./Palette"));

export function Frame() {
  const user = useQuery(meQuery).data?.user ?? "";
  const wide = useMediaQuery("(min-width: 900px)");
  const [open, setOpen] = useState(false);
  const [palette, setPalette] = useState(false);
  const navigation = useNavigation();
  return (
    <Box sx={{ display: "flex", minHeight: "100dvh" }}>
      <MuiLink
        href="#main"
        sx={{
          position: "absolute",
          left: -9999,
          "&:focus": { left: 8, top: 8, zIndex: 2000, p: 1, bgcolor: "background.paper" },
        }}
      >
        Skip to the content
      </MuiLink>
      <AppBar
        position="fixed"
        sx={{ borderBottom: 1, borderColor: "divider", zIndex: (theme) => theme.zIndex.drawer + 1 }}
      >
        <Toolbar variant="dense" sx={{ gap: 1 }}>
          {!wide && (
            <IconButton edge="start" aria-label="Menu" aria-expanded={open} onClick={() => setOpen(!open)}>
              <Icon path={mdiMenu} />
            </IconButton>
          )}
          <Typography component="span" sx={{ fontWeight: 700, flexGrow: 1 }}>
            TensorFleet
          </Typography>
          <Button
            color="inherit"
            startIcon={<Icon path={mdiMagnify} />}
            onClick={() => setPalette(true)}
            aria-keyshortcuts="Control+K"
          >
            {wide ? "Search or do … (Ctrl-K)" : "Search"}
          </Button>
          <SchemeButton />
          {wide && <Typography color="text.secondary">{user}</Typography>}
        </Toolbar>
      </AppBar>
      <Drawer
        variant={wide ? "permanent" : "temporary"}
        open={wide || open}
        onClose={() => setOpen(false)}
        sx={{ width: wide ? WIDTH : 0, flexShrink: 0, "& .MuiDrawer-paper": { width: WIDTH } }}
      >
        <Toolbar variant="dense" />
        <Navigation chosen={() => setOpen(false)} />
      </Drawer>
      <Box component="main" id="main" tabIndex={-1} sx={{ flexGrow: 1, minWidth: 0, outline: "none" }}>
        <Toolbar variant="dense" />
        {navigation.state === "loading" && (
          <LinearProgress sx={{ position: "fixed", top: 48, left: 0, right: 0 }} aria-label="Loading the page" />
        )}
        <ConnectionBanner />
        <Box sx={{ p: { xs: 1.5, sm: 2.5 }, maxWidth: 1800 }}>
          <Suspense fallback={<LinearProgress aria-label="Loading" />}>
            <Outlet />
          </Suspense>
        </Box>
      </Box>
      <Suspense>{palette && <Palette close={() => setPalette(false)} />}</Suspense>
      <Shortcuts openPalette={() => setPalette(true)} />
      <EndNotifier user={user} />
    </Box>
  );
}

const NEXT = { system: "light", light: "dark", dark: "system" } as const;

function SchemeButton() {
  const { mode = "system", setMode } = useColorScheme();
  return (
    <Tooltip title={`Theme: ${mode}`}>
      <IconButton aria-label={`Theme: ${mode}. Change to ${NEXT[mode]}`} onClick={() => setMode(NEXT[mode])}>
        <Icon path={mdiBrightness6} />
      </IconButton>
    </Tooltip>
  );
}
