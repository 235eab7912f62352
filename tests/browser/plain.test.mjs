// Without JavaScript: every page can be read, files sent and decisions made.

import assert from "node:assert/strict";

import { PAGES, fill } from "./looks.mjs";
import { evaluated, eventually, person } from "./office.mjs";
import { story } from "./story.mjs";

const plain = { javaScriptEnabled: false };

story("every page can be read without JavaScript", async (office) => {
  fill(office);
  await office.desk();
  const page = await office.window("/", plain);
  for (const [name, path] of Object.entries(PAGES)) {
    const answer = await page.goto(office.origin + path);
    assert.ok(answer.status() < 500 && answer.status() !== 404, `${name}: ${answer.status()}`);
    const text = await page.locator("main").innerText();
    assert.ok(text.length > 40, `${name} says: ${text}`);
  }
});

story("a file is sent without JavaScript", async (office) => {
  await office.start();
  const page = await office.window("/drop", plain);
  const text = JSON.stringify({ customers: [person("1")] });
  await page.locator("input[type=file]").setInputFiles({ name: "x.json", mimeType: "application/json", buffer: Buffer.from(text) });
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByRole("button", { name: /^Send/ }).first().click();
  await page.waitForURL(/\/(sent|batch)/);
  await eventually("the answer", async () => {
    if (page.url().includes("/batch/1")) return true;
    await page.getByRole("link", { name: "Look again" }).click();
    return false;
  });
});

story("a decision is made without JavaScript", async (office) => {
  office.drop("customer", "one.json", evaluated("1"));
  office.run("once");
  await office.start();
  const page = await office.window("/decisions", plain);
  await page.getByRole("link", { name: "N-1" }).click();
  await page.getByLabel("Accept the customer").check();
  await page.getByLabel("Ground").selectOption("DUE_DILIGENCE_COMPLETED");
  await page.getByLabel("Your name").fill("Rasa Petraitė");
  await page.getByRole("button", { name: "Record the decision" }).click();
  await page.getByText("Recorded:").waitFor();
});
