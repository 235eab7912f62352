// *Today*, and what every page has: live, language, sorting, keyboard, a desk that is gone and comes back.

import assert from "node:assert/strict";

import { person } from "./office.mjs";
import { story } from "./story.mjs";

story("what is dropped shows by itself", async (office) => {
  await office.start();
  const page = await office.window();
  await page.getByText("kycdrop is running.").waitFor();
  await page.getByText("No file was answered yet.").waitFor();
  office.drop("batch-customers", "first.json", { customers: [person("1")] });
  await page.getByRole("cell", { name: "batch-customers/first.json" }).waitFor();
});

story("a desk that is gone is said, and the page goes on when it is back", async (office) => {
  const daemon = await office.start();
  const page = await office.window();
  const port = office.port;
  await office.stop(daemon);
  await page.getByRole("alert").filter({ hasText: "does not answer" }).waitFor();
  office.drop("batch-customers", "meanwhile.json", { customers: [person("1")] });
  office.write("kycdrop.toml", `settle = "0s"\ndesk = true\ndesk_port = ${port}\n`);
  await office.start();
  await page.getByRole("cell", { name: "batch-customers/meanwhile.json" }).waitFor();
  assert.equal(await page.getByRole("alert").count(), 0);
});

story("a table sorts by its headings, by keyboard too, and says so", async (office) => {
  for (const [name, count] of [["b", 1], ["c", 3], ["a", 2]]) {
    office.batch(name, ...Array.from({ length: count }, (_, i) => person(`${name}${i}`)));
  }
  await office.desk();
  const page = await office.window();
  const column = (n) => page.locator(`table tbody td:nth-child(${n})`).allInnerTexts();
  const heading = (name) => page.getByRole("columnheader", { name });
  await page.getByRole("button", { name: "File", exact: true }).click();
  assert.equal(await heading("File").getAttribute("aria-sort"), "ascending");
  assert.deepEqual((await column(2)).map((file) => file.trim()), ["a", "b", "c"].map((n) => `batch-customers/${n}.json`));
  await page.getByRole("button", { name: "File", exact: true }).press("Enter");
  assert.equal(await heading("File").getAttribute("aria-sort"), "descending");
  await page.getByRole("button", { name: "Accepted" }).press("Space");
  assert.deepEqual((await column(5)).map(Number), [1, 2, 3]);
  assert.equal(await heading("File").getAttribute("aria-sort"), null);
});

story("moments and numbers are in the browser's language and time zone, which is said", async (office) => {
  office.run("demo", "--customers", "1200", "--errors", "0", "--output", office.at("watch-dir/inbox/batch-customers/demo.json"));
  office.run("once");
  await office.desk();
  const page = await office.window("/", { locale: "lt-LT", timezoneId: "Europe/Vilnius" });
  await page.locator("footer").getByText("Europe/Vilnius").waitFor();
  const [shown, exact] = await page.locator("td time").first().evaluate((time) => [time.textContent, time.dateTime]);
  const vilnius = new Intl.DateTimeFormat("lt-LT", { dateStyle: "medium", timeStyle: "short", timeZone: "Europe/Vilnius" });
  assert.equal(shown, vilnius.format(new Date(exact)));
  assert.equal(await page.locator("td data[value='1200']").innerText(), new Intl.NumberFormat("lt-LT").format(1200));
  const plain = await office.window("/", { javaScriptEnabled: false });
  await plain.locator("footer").getByText("UTC").waitFor();
  assert.match(await plain.locator("td time").first().innerText(), / UTC$/);
});

story("the keyboard reaches everything in order, and what has the focus is seen", async (office) => {
  office.batch("one", person("1"));
  await office.desk();
  const page = await office.window();
  const focus = () => page.evaluate(() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    return [element.textContent.trim(), style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
  });
  const names = ["Skip to the content"];
  names.push(...await page.locator("nav a").allInnerTexts());
  for (const name of names) {
    await page.keyboard.press("Tab");
    assert.deepEqual(await focus(), [name, true]);
  }
  // The link that skips all of that.
  await page.reload();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "content");
  await page.keyboard.press("Tab");
  const inside = () => page.evaluate(() => document.activeElement.closest("main") !== null);
  assert.ok(await inside());
});

story("counts stand beside each other, on a phone too", async (office) => {
  await office.desk();
  for (const width of [390, 1440]) {
    const page = await office.window("/", { viewport: { width, height: 900 } });
    const tops = await page.locator(".tiles li").evaluateAll((tiles) => tiles.slice(0, 2).map((t) => t.getBoundingClientRect().top));
    assert.equal(tops.length, 2);
    assert.equal(tops[0], tops[1], `${width} px`);
  }
});
