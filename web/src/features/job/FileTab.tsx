/** The job file: submitted as it is, it runs the same once more. */
import { mdiDownload } from "@mdi/js";
import { Box, Button, Stack } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { jobFileQuery } from "@/api/queries";
import type { Job } from "@/api/types";
import { Copy } from "@/shared/Copy";
import { Icon } from "@/shared/Icon";
import { Loaded } from "@/shared/Loaded";
import { save } from "@/shared/save";
import { yamlOf } from "./yaml";

export default function FileTab({ job }: { job: Job }) {
  const query = useQuery(jobFileQuery(job.id));
  return (
    <Loaded query={query}>
      {(file) => {
        const text = yamlOf(file);
        return (
          <>
            <Stack direction="row" spacing={1}>
              <Copy text={text} what="the job file" />
              <Button
                startIcon={<Icon path={mdiDownload} />}
                onClick={() => save(`${job.name}.yaml`, "application/yaml", text)}
              >
                Download
              </Button>
            </Stack>
            <Box
              component="pre"
              role="region"
              aria-label="Job file"
              tabIndex={0}
              sx={{
                p: 2,
                overflow: "auto",
                bgcolor: "background.paper",
                border: 1,
                borderColor: "divider",
                borderRadius: 1,
              }}
            >
              {text}
            </Box>
          </>
        );
      }}
    </Loaded>
  );
}
