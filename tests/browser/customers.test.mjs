// *Customers*: search, the history of one, links that last, and values that mean harm.

import assert from "node:assert/strict";

import { person } from "./office.mjs";
import { story } from "./story.mjs";

/** Texts that do something wherever they are not shown as text. */
export const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "<script>alert(2)</script>",
  `"><svg onload=alert(3)>`,
  "' onfocus=alert(4) autofocus '",
  "javascript:alert(5)",
  "{{7*7}} ${7*7} <%= 7*7 %>",
];

const found = (page) => page.locator("main table tbody tr");

story("a search finds by name, id and number; its address lasts, and the back button leads back", async (office) => {
  office.batch("some", person("1"), person("2", { firstName: "Jonas", lastName: "Petraitis" }), person("3", { firstName: "Ieva", lastName: "Kazlauskė" }));
  await office.desk();
  const page = await office.window("/customer");
  const field = page.getByRole("searchbox");
  await field.fill("petrait");
  await field.press("Enter");
  await page.waitForURL(/q=petrait/);
  assert.equal(await found(page).count(), 2);
  await page.getByRole("link", { name: "Jonas Petraitis" }).click();
  await page.getByRole("heading", { name: "Jonas Petraitis", level: 1 }).waitFor();
  const address = page.url();
  await page.reload();
  await page.getByRole("heading", { name: "Jonas Petraitis", level: 1 }).waitFor();
  await page.goBack();
  await page.waitForURL(/q=petrait/);
  assert.equal(await page.getByRole("searchbox").inputValue(), "petrait");
  assert.equal(await found(page).count(), 2);
  // The link opens in another window, and ids and numbers lead on at once.
  const other = await office.window("/");
  await other.goto(address);
  await other.getByRole("heading", { name: "Jonas Petraitis", level: 1 }).waitFor();
  for (const exact of ["X-3", "N-3"]) {
    await other.goto(`${office.origin}/customer?q=${exact}`);
    await other.getByRole("heading", { name: "Ieva Kazlauskė", level: 1 }).waitFor();
  }
  await other.goto(`${office.origin}/customer?q=nobodyhasthis`);
  await other.getByText("No customer was found.").waitFor();
});

story("what changed is shown, before and after", async (office) => {
  office.batch("first", person("1"));
  office.batch("second", person("1", { communicationNumber: "N-1b", action: "UPDATE", riskLevel: "HIGH" }));
  await office.desk();
  const page = await office.window("/customer?q=X-1");
  const change = page.getByRole("row").filter({ hasText: "riskLevel" });
  assert.match(await change.innerText(), /LOW[\s\S]*HIGH/);
});

story("values that mean harm are shown as they are, and do nothing", async (office) => {
  const mean = HOSTILE.map((text, i) => person(`m${i}`, { firstName: text, requester: text, customerExtId: text }));
  const turned = person("rtl", { firstName: "Ona\u202egnorw", lastName: "\u200bPetraitė" });
  office.batch("mean", ...mean, turned, person("bad", { riskLevel: HOSTILE[0], citizenshipCountry: HOSTILE[2] }));
  await office.desk();
  const page = await office.window("/customer");
  for (const text of HOSTILE) {
    await page.goto(`${office.origin}/customer?q=${encodeURIComponent(text)}`);
    await page.locator("h1").filter({ hasText: text }).waitFor();
  }
  const paths = ["/", "/batches", "/batch/1?show=all", "/batch/1/8", "/customer", "/decisions", "/ask"];
  paths.push(`/ask?sql=${encodeURIComponent("SELECT payload, name FROM v_customer, v_assessment LIMIT 50")}`);
  for (const path of paths) {
    await page.goto(office.origin + path);
    assert.equal(await page.locator("main script, main img, main svg[onload], main [onfocus], main [onerror]").count(), 0, path);
    assert.ok(!/[\u202e\u200b]/.test(await page.locator("main").innerText()), `${path} shows what nobody sees`);
  }
});
