// axe-core finds nothing on any page, in a full office and in an empty one.

import assert from "node:assert/strict";

import { sound } from "./axe.mjs";
import { PAGES, SCHEMES, WIDTHS, fill } from "./looks.mjs";
import { story } from "./story.mjs";

async function sees(office, pages, colorScheme, width) {
  const size = { width, height: 900 };
  const page = await office.window("/", { colorScheme, viewport: size });
  for (const [name, path] of Object.entries(pages)) {
    const answer = await page.goto(office.origin + path);
    const as = `${name}, ${colorScheme}, ${width}`;
    assert.ok(answer.status() < 500, `${as}: ${answer.status()}`);
    await sound(page, as);
    for (const width of WIDTHS) {
      await page.setViewportSize({ ...size, width });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${name}: ${over} pixels wider than a window of ${width}`);
    }
    await page.setViewportSize(size);
  }
}

story("on every page of a full office", async (office) => {
  fill(office);
  await office.desk();
  for (const colorScheme of SCHEMES) await sees(office, PAGES, colorScheme, 390);
  await sees(office, PAGES, "light", 1440);
});

story("on every page of an empty office", async (office) => {
  office.run("once");
  await office.desk();
  await sees(office, { ...PAGES, none: "/none" }, "light", 390);
});
