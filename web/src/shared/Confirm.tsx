/** Asks before something that hurts. */
import { Button, Dialog, DialogActions, DialogContent, DialogContentText, DialogTitle } from "@mui/material";

interface Props {
  open: boolean;
  title: string;
  text: string;
  /** The button's word: the verb itself. */
  verb: string;
  onAnswer: (yes: boolean) => void;
}

export function Confirm({ open, title, text, verb, onAnswer }: Props) {
  return (
    <Dialog open={open} onClose={() => onAnswer(false)} aria-labelledby="confirm-title">
      <DialogTitle id="confirm-title">{title}</DialogTitle>
      <DialogContent>
        <DialogContentText>{text}</DialogContentText>
      </DialogContent>
      <DialogActions>
        <Button onClick={() => onAnswer(false)}>Not now</Button>
        <Button color="error" variant="contained" onClick={() => onAnswer(true)} autoFocus>
          {verb}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
