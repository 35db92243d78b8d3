/** Short news in a corner, read out by screen readers. */
import { Alert, type AlertColor, Snackbar } from "@mui/material";
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";
import { HeadError, sentence } from "@/api/client";

interface Notice {
  id: number;
  text: string;
  severity: AlertColor;
}

interface NoticesApi {
  tell: (text: string, severity?: AlertColor) => void;
  /** Shows why something was refused, with the head's hint. */
  refuse: (error: unknown) => void;
}

const Context = createContext<NoticesApi>({ tell: () => undefined, refuse: () => undefined });

export function useNotices(): NoticesApi {
  return useContext(Context);
}

export function Notices({ children }: { children: ReactNode }) {
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const tell = useCallback((text: string, severity: AlertColor = "info") => {
    setNotices((before) => [...before.slice(-4), { id: (before.at(-1)?.id ?? 0) + 1, text, severity }]);
  }, []);
  const refuse = useCallback(
    (error: unknown) => {
      const hint = error instanceof HeadError && error.hint ? ` ${error.hint}` : "";
      tell(sentence(error) + hint, "error");
    },
    [tell],
  );
  const api = useMemo(() => ({ tell, refuse }), [tell, refuse]);
  const shown = notices[0];
  const close = () => setNotices((before) => before.slice(1));
  return (
    <Context.Provider value={api}>
      {children}
      <Snackbar
        key={shown?.id}
        open={Boolean(shown)}
        autoHideDuration={shown?.severity === "error" ? 12000 : 5000}
        onClose={(_, reason) => reason !== "clickaway" && close()}
        anchorOrigin={{ vertical: "bottom", horizontal: "right" }}
      >
        {shown && (
          <Alert severity={shown.severity} variant="outlined" onClose={close} sx={{ bgcolor: "background.paper" }}>
            {shown.text}
          </Alert>
        )}
      </Snackbar>
    </Context.Provider>
  );
}
