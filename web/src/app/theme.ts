/** Colours, type and spacing. Text colours keep a contrast of 4.5 (WCAG 2.1, 1.4.3) on their own backgrounds. */
import { createTheme } from "@mui/material/styles";

const mono = 'ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace';

declare module "@mui/material/styles" {
  interface TypographyVariants {
    mono: string;
  }
  interface TypographyVariantsOptions {
    mono?: string;
  }
}

export const theme = createTheme({
  cssVariables: { colorSchemeSelector: "data-scheme" },
  colorSchemes: {
    light: {
      palette: {
        primary: { main: "#2456b3" },
        secondary: { main: "#6b3fa0" },
        success: { main: "#1b6e34" },
        warning: { main: "#8f4e00" },
        error: { main: "#b3261e" },
        info: { main: "#0b6179" },
        background: { default: "#f6f7f9", paper: "#ffffff" },
        text: { primary: "#1b1e23", secondary: "#50565f" },
      },
    },
    dark: {
      palette: {
        primary: { main: "#9dbcff" },
        secondary: { main: "#d0b3ff" },
        success: { main: "#7fd49a" },
        warning: { main: "#ffb866" },
        error: { main: "#ffa39b" },
        info: { main: "#7fd0e8" },
        background: { default: "#111418", paper: "#1a1e24" },
        text: { primary: "#e7eaee", secondary: "#b1b8c2" },
      },
    },
  },
  typography: {
    fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif',
    fontSize: 13.5,
    mono,
    h1: { fontSize: "1.35rem", fontWeight: 650 },
    h2: { fontSize: "1.05rem", fontWeight: 650 },
    h3: { fontSize: "0.95rem", fontWeight: 650 },
    button: { textTransform: "none", fontWeight: 600 },
  },
  shape: { borderRadius: 8 },
  components: {
    MuiCssBaseline: {
      styleOverrides: {
        ":focus-visible": { outline: "2px solid var(--mui-palette-primary-main)", outlineOffset: 2 },
        a: { color: "var(--mui-palette-primary-main)" },
        "code, pre, kbd": { fontFamily: mono, fontSize: "0.92em" },
        "@media (prefers-reduced-motion: reduce)": {
          "*, *::before, *::after": { animationDuration: "0.01ms !important", transitionDuration: "0.01ms !important" },
        },
      },
    },
    MuiButton: { defaultProps: { disableElevation: true } },
    MuiPaper: { defaultProps: { variant: "outlined" }, styleOverrides: { root: { backgroundImage: "none" } } },
    MuiAppBar: { defaultProps: { variant: "elevation", elevation: 0, color: "inherit" } },
    MuiDialog: { defaultProps: { slotProps: { paper: { variant: "elevation" } } } },
    MuiMenu: { defaultProps: { slotProps: { paper: { variant: "elevation" } } } },
    MuiTooltip: { defaultProps: { arrow: true, enterDelay: 400 } },
    MuiToggleButton: {
      styleOverrides: { root: { color: "inherit", "&.Mui-selected": { fontWeight: 700 } } },
    },
    MuiTextField: { defaultProps: { size: "small" } },
    MuiTableCell: { styleOverrides: { root: { paddingTop: 6, paddingBottom: 6 } } },
  },
});
