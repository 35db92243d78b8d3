/** The parts of a job's page: links, since each has an address. */
import { Box } from "@mui/material";
import { useEffect, useRef } from "react";
import { Link } from "react-router";
import { TABS } from "./tabs";

export function TabLinks({ job, chosen }: { job: string; chosen: string }) {
  const list = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a phone not all fit beside each other.
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [chosen]);
  return (
    <Box
      ref={list}
      component="nav"
      aria-label="About this job"
      sx={{
        display: "flex",
        overflowX: "auto",
        borderBottom: 1,
        borderColor: "divider",
        mb: 2,
        "& a": {
          px: 2,
          py: 1.25,
          whiteSpace: "nowrap",
          fontWeight: 600,
          color: "text.secondary",
          textDecoration: "none",
          borderBottom: "2px solid transparent",
          outlineOffset: -2,
        },
        "& a:hover": { color: "text.primary" },
        "& a[aria-current]": { color: "primary.main", borderColor: "primary.main" },
      }}
    >
      {TABS.map(({ id, title }) => (
        <Link key={id} to={`/jobs/${job}/${id}`} aria-current={id === chosen ? "page" : undefined}>
          {title}
        </Link>
      ))}
    </Box>
  );
}
