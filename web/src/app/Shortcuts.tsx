/** Keys that work everywhere but in a text field: `g` and a page's key goes there, `?` tells them, Ctrl-K searches. */
import { Dialog, DialogContent, DialogTitle, Table, TableBody, TableCell, TableRow } from "@mui/material";
import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { PAGES } from "./pages";

const WITHIN_MS = 1500;

/** Whether it is a letter for the page, and not one that somebody writes. */
function plain({ ctrlKey, metaKey, altKey, target }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey) return false;
  return !(
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

export function Shortcuts({ openPalette }: { openPalette: () => void }) {
  const navigate = useNavigate();
  const [help, setHelp] = useState(false);
  const went = useRef(0);
  useEffect(() => {
    function pressed(event: KeyboardEvent): void {
      if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        openPalette();
      } else if (plain(event)) {
        letter(event.key, event.timeStamp);
      }
    }
    function letter(key: string, at: number): void {
      const page = at - went.current < WITHIN_MS ? PAGES.find((each) => each.key === key) : undefined;
      went.current = key === "g" ? at : 0;
      if (page) void navigate(page.path);
      else if (key === "?") setHelp(true);
    }
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [navigate, openPalette]);
  return (
    <Dialog open={help} onClose={() => setHelp(false)}>
      <DialogTitle>Keyboard shortcuts</DialogTitle>
      <DialogContent>
        <Table size="small">
          <TableBody>
            {[
              ...PAGES.map((page) => [`g ${page.key}`, page.title]),
              ["Ctrl-K", "Search or do"],
              ["?", "This help"],
            ].map(([keys, what]) => (
              <TableRow key={keys}>
                <TableCell>
                  <kbd>{keys}</kbd>
                </TableCell>
                <TableCell>{what}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </DialogContent>
    </Dialog>
  );
}
