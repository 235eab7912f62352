// axe-core finds nothing on any page, in a full office and in an empty one.

import assert from "node:assert/strict";

import { sound } from "./axe.mjs";
import { PAGES, SCHEMES, fill } from "./looks.mjs";
import { story } from "./story.mjs";

async function sees(office, pages, colorScheme, width) {
  const page = await office.window("/", { colorScheme, viewport: { width, height: 900 } });
  for (const [name, path] of Object.entries(pages)) {
    const answer = await page.goto(office.origin + path);
    const as = `${name}, ${colorScheme}, ${width}`;
    assert.ok(answer.status() < 500, `${as}: ${answer.status()}`);
    await sound(page, as);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `${as}: ${over} pixels wider than the window`);
  }
}

story("on every page of a full office", async (office) => {
  fill(office);
  await office.desk();
  for (const colorScheme of SCHEMES) {
    for (const width of [390, 1440]) await sees(office, PAGES, colorScheme, width);
  }
});

story("on every page of an empty office", async (office) => {
  office.run("once");
  await office.desk();
  await sees(office, { ...PAGES, none: "/none" }, "light", 390);
});
