/** Short news in a corner, read out by screen readers. */
import { Alert, type AlertColor, Stack } from "@mui/material";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useEffectEvent,
  useMemo,
  useState,
} from "react";
import { HeadError, sentence } from "@/api/client";

const SHORT_MS = 5000;
const LONG_MS = 12_000;
const MOST = 4;

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
    setNotices((before) => [...before.slice(1 - MOST), { id: (before.at(-1)?.id ?? 0) + 1, text, severity }]);
  }, []);
  const refuse = useCallback(
    (error: unknown) => {
      const hint = error instanceof HeadError && error.hint ? ` ${error.hint}` : "";
      tell(sentence(error) + hint, "error");
    },
    [tell],
  );
  const api = useMemo(() => ({ tell, refuse }), [tell, refuse]);
  return (
    <Context.Provider value={api}>
      {children}
      <Stack
        spacing={1}
        sx={{ position: "fixed", right: 16, bottom: 16, left: { xs: 16, sm: "auto" }, zIndex: "snackbar" }}
      >
        {notices.map((notice) => (
          <Shown
            key={notice.id}
            notice={notice}
            close={() => setNotices((before) => before.filter((each) => each.id !== notice.id))}
          />
        ))}
      </Stack>
    </Context.Provider>
  );
}

function Shown({ notice, close }: { notice: Notice; close: () => void }) {
  const done = useEffectEvent(close);
  useEffect(() => {
    const timer = setTimeout(done, notice.severity === "error" ? LONG_MS : SHORT_MS);
    return () => clearTimeout(timer);
  }, [notice.severity]);
  return (
    <Alert
      severity={notice.severity}
      variant="outlined"
      onClose={close}
      sx={{ bgcolor: "background.paper", boxShadow: 3 }}
    >
      {notice.text}
    </Alert>
  );
}
