/** The job's code from the reader's own machine: a directory or files, dropped here or chosen. */
import { Box, Button, LinearProgress, Stack, Typography } from "@mui/material";
import { useMutation } from "@tanstack/react-query";
import { type ChangeEvent, useEffect, useRef, useState } from "react";
import { type FileWithPath, useDropzone } from "react-dropzone";
import { bytes } from "@/shared/format";
import { Refusal } from "@/shared/Loaded";
import { RUN } from "./blocks";
import { commandFor, pack, tidied } from "./code";
import { edited, valueAt } from "./text";
import { send } from "./upload";

const CODE = { path: ["code"], label: "Code", kind: "text" } as const;

interface Props {
  text: string;
  change: (text: string) => void;
}

export function CodeDrop({ text, change }: Props) {
  const [done, setDone] = useState({ part: 0, of: 1 });
  // The text may change while the files travel: what is written then is what is added to.
  const latest = useRef(text);
  useEffect(() => {
    latest.current = text;
  }, [text]);
  const upload = useMutation({
    mutationFn: async (picked: readonly FileWithPath[]) => {
      const files = tidied(picked.map((file) => ({ path: pathOf(file), file })));
      if (!files.length) throw new Error("There is no file in it that a job could use.");
      if (!window.isSecureContext)
        throw new Error("A browser hashes files only over HTTPS. `tensorfleet run` uploads.");
      const size = files.reduce((sum, { file }) => sum + file.size, 0);
      const told = (from: number) => (part: number) => setDone({ part: from + part, of: Math.max(2 * size, 1) });
      const packed = await pack(files, told(0));
      await send(packed, told(size));
      return { digest: packed.digest, paths: files.map(({ path }) => path), size };
    },
    onSuccess: ({ digest, paths }) => {
      const command = commandFor(paths);
      const run = valueAt(latest.current, RUN);
      const next = edited(latest.current, CODE, digest);
      change(command && (!run || run === "python train.py") ? edited(next, RUN, command) : next);
    },
  });
  const { getRootProps, isDragActive } = useDropzone({
    onDrop: (files) => files.length && upload.mutate(files),
    noClick: true,
    noKeyboard: true,
    disabled: upload.isPending,
  });
  const digest = valueAt(text, CODE);
  const sent = upload.data?.digest === digest ? upload.data : undefined;
  return (
    <Box
      {...getRootProps({ role: "group" })}
      aria-label="Code"
      sx={{
        gridColumn: "1 / -1",
        border: "1px dashed",
        borderColor: isDragActive ? "primary.main" : "divider",
        borderRadius: 1,
        p: 1.5,
      }}
    >
      <Typography variant="body2" role="status">
        {codeWords(digest, sent)}
      </Typography>
      {upload.isPending && (
        <LinearProgress variant="determinate" aria-label="Sending the code" value={(100 * done.part) / done.of} />
      )}
      {upload.error && <Refusal error={upload.error} />}
      <Stack direction="row" useFlexGap sx={{ flexWrap: "wrap", gap: 1, mt: 1 }}>
        <Choose label="Choose a folder" folder choose={upload.mutate} />
        <Choose label="Choose files" choose={upload.mutate} />
        {digest && (
          <Button size="small" onClick={() => change(edited(text, CODE, ""))}>
            Leave the code out
          </Button>
        )}
      </Stack>
    </Box>
  );
}

function codeWords(digest: string, sent: { paths: readonly string[]; size: number } | undefined): string {
  if (!digest) return "Drop the code here. Without any, the command is on the nodes already.";
  if (!sent) return `Code ${digest.slice(0, 12)} is at the head.`;
  const files = sent.paths.length === 1 ? "1 file" : `${sent.paths.length} files`;
  return `${files}, ${bytes(sent.size)}, at the head as ${digest.slice(0, 12)}.`;
}

function pathOf(file: FileWithPath): string {
  return file.path || file.webkitRelativePath || file.name;
}

interface ChooseProps {
  label: string;
  folder?: boolean;
  choose: (files: readonly File[]) => void;
}

function Choose({ label, folder = false, choose }: ChooseProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button size="small" variant="outlined" onClick={() => input.current?.click()}>
        {label}
      </Button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={label}
        {...(folder ? { webkitdirectory: "" } : {})}
        onChange={({ target }: ChangeEvent<HTMLInputElement>) => {
          if (target.files?.length) choose([...target.files]);
          target.value = "";
        }}
      />
    </>
  );
}
