import { expect, it } from "vitest";
import type { JobFile } from "@/api/types";
import { changed, cloneUrl, fieldsOf } from "./clone";

it("the composer finds the changes that the address holds", () => {
  const fields = { "resources.gpu": ":40GB..", "resources.spread": null };
  const url = new URL(cloneUrl("j1", fields), "http://head");
  expect([url.pathname, url.searchParams.get("from")]).toEqual(["/new", "j1"]);
  expect(fieldsOf(url.searchParams)).toEqual(fields);
  expect(cloneUrl("j1")).toBe("/new?from=j1");
});

it.each(["set=[1]", "set=3", "set={", "x=1"])("%s changes nothing", (search) =>
  expect(fieldsOf(new URLSearchParams(search))).toEqual({}),
);

it("changes are by full names, and null leaves out", () => {
  const file = { name: "a", resources: { nodes: 2, spread: true }, elastic: null } as unknown as JobFile;
  expect(changed(file, { "resources.spread": null, "elastic.min_nodes": 1, max_duration: "30m" })).toEqual({
    name: "a",
    resources: { nodes: 2 },
    elastic: { min_nodes: 1 },
    max_duration: "30m",
  });
  expect(file).toMatchObject({ resources: { spread: true } });
});
