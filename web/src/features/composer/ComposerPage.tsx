/** A new job, or another one with changes: its job file, and beside it where and when it would start. */
import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { jobFileQuery } from "@/api/queries";
import { changed, fieldsOf } from "@/features/job/clone";
import { yamlOf } from "@/features/job/yaml";
import { Loaded } from "@/shared/Loaded";
import { Page } from "@/shared/Page";
import { Composer } from "./Composer";
import { FIRST } from "./draft";

export function Component() {
  const [search] = useSearchParams();
  const from = search.get("from") ?? "";
  const original = useQuery({ ...jobFileQuery(from), enabled: from !== "" });
  if (!from) {
    return (
      <Page title="New job">
        <Composer key="new" name="new" first={FIRST} />
      </Page>
    );
  }
  const address = search.toString();
  return (
    <Page title="New job">
      <Loaded query={original}>
        {(file) => <Composer key={address} name={address} first={yamlOf(changed(file, fieldsOf(search)))} />}
      </Loaded>
    </Page>
  );
}
