import { SvgIcon, type SvgIconProps } from "@mui/material";

/** path: one of @mdi/js. Without a `titleAccess` it says nothing to a screen reader; the text beside it does. */
export function Icon({ path, ...props }: { path: string } & SvgIconProps) {
  return (
    <SvgIcon fontSize="small" {...props}>
      <path d={path} />
    </SvgIcon>
  );
}
