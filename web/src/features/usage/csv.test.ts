import { expect, it } from "vitest";
import { type UsageRow, usageCsv } from "./csv";

it("quotes what would be read as something else", () => {
  const rows = [
    { name: 'a,"b"', gpu_hours: 1.5, efficiency: null },
    { name: "=1+1", gpu_hours: 0, efficiency: 1 },
  ];
  expect(usageCsv(rows as UsageRow[])).toBe('name,gpu_hours,efficiency\r\n"a,""b""",1.5,\r\n\'=1+1,0,1\r\n');
});

it("nothing is an empty file", () => expect(usageCsv([])).toBe(""));
