import { expect, it } from "vitest";
import { settingsOf, withSettings } from "./settings";

it("survives an address and leaves out what is as usual", () => {
  const changed = withSettings(new URLSearchParams("jobs=a"), {
    weight: 0.9,
    log: true,
    axis: "time",
    range: { first: 5, last: 9 },
  });
  expect(changed.toString()).toBe("jobs=a&smooth=0.9&log=1&axis=time&from=5&to=9");
  expect(settingsOf(changed)).toMatchObject({ weight: 0.9, log: true, axis: "time", range: { first: 5, last: 9 } });
  const usual = withSettings(changed, { weight: 0, log: false, axis: "step", range: null });
  expect(usual.toString()).toBe("jobs=a");
});

it("takes nonsense for what is as usual", () => {
  const found = settingsOf(new URLSearchParams("smooth=7&axis=x&from=a&to=3"));
  expect(found).toMatchObject({ weight: 0, axis: "step", range: null });
});
