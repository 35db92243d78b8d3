/** Files to be downloaded. */
import { mdiDownload } from "@mdi/js";
import { IconButton, Table, TableBody, TableCell, TableHead, TableRow, Tooltip } from "@mui/material";
import { Icon } from "@/shared/Icon";
import { bytes } from "@/shared/format";
import { Scroller } from "@/shared/Scroller";

export interface FileRow {
  path: string;
  size: number;
  node_rank: number;
}

export function Files({ files, urlOf }: { files: readonly FileRow[]; urlOf: (file: FileRow) => string }) {
  return (
    <Scroller label="Files">
      <Table size="small" aria-label="Files">
        <TableHead>
          <TableRow>
            <TableCell>File</TableCell>
            <TableCell>Node rank</TableCell>
            <TableCell align="right">Size</TableCell>
            <TableCell align="right">Download</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {files.map((file) => (
            <TableRow key={`${file.node_rank} ${file.path}`}>
              <TableCell sx={{ overflowWrap: "anywhere" }}>
                <bdi>{file.path}</bdi>
              </TableCell>
              <TableCell>{file.node_rank}</TableCell>
              <TableCell align="right" sx={{ whiteSpace: "nowrap" }}>
                {bytes(file.size)}
              </TableCell>
              <TableCell align="right">
                <Tooltip title="Download">
                  <IconButton
                    size="small"
                    component="a"
                    href={urlOf(file)}
                    download
                    aria-label={`Download ${file.path}`}
                  >
                    <Icon path={mdiDownload} />
                  </IconButton>
                </Tooltip>
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Scroller>
  );
}
