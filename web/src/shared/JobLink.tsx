/** A job by its name, which leads to its page. */
import { Link as MuiLink } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { jobQuery } from "@/api/queries";

export function JobLink({ job }: { job: string }) {
  const name = useQuery(jobQuery(job)).data?.name;
  return (
    <MuiLink component={Link} to={`/jobs/${job}`} title={job}>
      <bdi>{name ?? job}</bdi>
    </MuiLink>
  );
}
