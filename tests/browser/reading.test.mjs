// Files, figures, classifiers and questions: filters, pages, links from a count to its rows, downloads.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { fill } from "./looks.mjs";
import { person } from "./office.mjs";
import { story } from "./story.mjs";

story("the customers of a file are filtered, and the address has the filter", async (office) => {
  const wrong = Array.from({ length: 30 }, (_, i) => person(`w${i}`, { riskLevel: "Low" }));
  office.batch("mixed", ...wrong, person("1", { citizenshipCountry: "Lithuania" }), person("2"));
  await office.desk();
  const page = await office.window("/batch/1");
  await page.getByText("C008.I01").first().waitFor();
  // A reason leads to its customers.
  await page.locator("a[href*='code=']").filter({ hasText: /CIT|C0|REG|CLS/ }).last().click();
  await page.waitForURL(/code=/);
  const filtered = page.url();
  await page.reload();
  assert.equal(page.url(), filtered);
  await page.goBack();
  await page.waitForURL(/\/batch\/1$/);
  // More than a page has.
  await page.getByRole("link", { name: /next/i }).click();
  await page.waitForURL(/after=/);
  await page.getByText("N-w29").first().waitFor();
});

story("a bar of the figures leads to its rows", async (office) => {
  fill(office);
  await office.desk();
  const page = await office.window("/figures");
  await page.locator("main svg").first().waitFor();
  const link = page.locator("main a[href^='/ask']").first();
  await link.click();
  await page.waitForURL(/\/ask/);
  assert.ok((await page.locator("main table tbody tr").count()) > 0);
  // Days that are none are said, in the form.
  await page.goto(`${office.origin}/figures?from=2026-13-45&to=x`);
  assert.ok((await page.locator("input[name=from]").count()) === 1);
});

story("a classifier is searched", async (office) => {
  office.run("once");
  await office.desk();
  const page = await office.window("/classifiers");
  await page.getByRole("searchbox").or(page.locator("main input[name=q]")).first().fill("lithuania");
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=lithuania/);
  await page.getByText("LT", { exact: true }).first().waitFor();
});

story("a question in SQL is answered as a table and as CSV, or says what is wrong", async (office) => {
  office.batch("some", person("1"), person("2", { firstName: "=1+1" }));
  await office.desk();
  const page = await office.window("/ask");
  const field = page.locator("textarea[name=sql]");
  const ask = async (sql) => {
    await field.fill(sql);
    await page.locator("form:has(textarea[name=sql])").getByRole("button", { name: "Ask" }).click();
  };
  await ask("SELECT name, customer_ext_id FROM v_customer ORDER BY customer_ext_id");
  await page.getByRole("columnheader", { name: "customer_ext_id" }).waitFor();
  assert.equal(await page.locator("main table.answer tbody tr").count(), 2);
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: /CSV/ }).click()]);
  assert.match(readFileSync(await file.path(), "utf8"), /^name,customer_ext_id\r?\nOna Petraitė,X-1\r?\n'=1\+1 Petraitė,X-2/);
  await ask("SELECT nothing FROM nowhere");
  await page.getByRole("alert").filter({ hasText: "nowhere" }).waitFor();
  assert.equal(await field.inputValue(), "SELECT nothing FROM nowhere");
  await ask("DELETE FROM batch");
  await page.getByRole("alert").waitFor();
  await page.goBack();
  await page.goBack();
  assert.equal(await page.locator("main table.answer tbody tr").count(), 2);
});
