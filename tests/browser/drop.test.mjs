// The clerk's day: files are checked, sent, answered, corrected and sent again.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";

import { person } from "./office.mjs";
import { story } from "./story.mjs";

const json = (...customers) => JSON.stringify({ customers });
const file = (name, text) => ({ name, mimeType: "application/json", buffer: Buffer.from(text) });

/** Drops files onto the field, as from a window of folders. */
async function drag(page, ...files) {
  const given = files.map(({ name, buffer }) => [name, buffer.toString()]);
  const transfer = await page.evaluateHandle((given) => {
    const transfer = new DataTransfer();
    for (const [name, text] of given) transfer.items.add(new File([text], name, { type: "application/json" }));
    return transfer;
  }, given);
  for (const event of ["dragenter", "dragover", "drop"]) {
    await page.dispatchEvent(".drop", event, { dataTransfer: transfer });
  }
}

const check = (page) => page.getByRole("button", { name: "Check" }).click();
const send = (page) => page.getByRole("button", { name: /^Send/ }).first().click();

/** What a link downloads. */
async function download(page, link) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator(link).first().click()]);
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") };
}

story("a file is checked, sent, corrected and sent again", async (office) => {
  await office.start();
  const page = await office.window("/drop");
  await page.locator("input[type=file]").setInputFiles(file("first.json", json(person("1"), person("2", { riskLevel: "Low" }))));
  await check(page);
  // Every finding with its fix, and nothing is saved.
  await page.waitForURL(/\/drop\/\w+$/);
  await page.getByText("C008.I01").first().waitFor();
  await page.locator("dd", { hasText: /^LOW$/ }).first().waitFor();
  assert.equal(office.run("query", "--format", "csv", "SELECT count(*) FROM v_batch").split("\n")[1], "0");
  await send(page);
  // The page leads on by itself once the file was answered.
  await page.waitForURL(/\/batch\/1/);
  await page.getByText("C008.I01").first().waitFor();
  const worklist = await download(page, "a[href*='findings.csv']");
  assert.match(worklist.name, /\.csv$/);
  assert.match(worklist.text, /C008\.I01/);
  const request = await download(page, "a[href*='rejected.json']");
  assert.match(request.name, /\.json$/);
  const corrected = request.text.replace('"Low"', '"LOW"');
  assert.deepEqual(JSON.parse(corrected).customers.map((c) => c.communicationNumber), ["N-2"]);
  // The corrected file by drag and drop.
  await page.goto(`${office.origin}/drop`);
  await drag(page, file("corrected.json", corrected));
  assert.equal(await page.locator("input[type=file]").evaluate((input) => input.files[0].name), "corrected.json");
  await check(page);
  await page.locator(".state.good").waitFor();
  await send(page);
  await page.waitForURL(/\/batch\/2/);
  const rows = office.run("query", "--format", "csv", "SELECT file_name, accepted, rejected FROM v_batch ORDER BY batch_id");
  assert.equal(rows, "file_name,accepted,rejected\nfirst.json,1,1\ncorrected.json,1,0\n");
});

story("several files are dropped at once; what is not to be sent goes", async (office) => {
  await office.start();
  const page = await office.window("/drop");
  await drag(page, file("a.json", json(person("1"))), file("b.json", "{ not a request"));
  await check(page);
  await page.getByRole("heading", { name: "a.json" }).waitFor();
  await page.getByRole("heading", { name: "b.json" }).waitFor();
  await page.getByRole("button", { name: /^Do not send.*b\.json/ }).click();
  await page.getByRole("heading", { name: "b.json" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^Send.*a\.json/ }).click();
  await page.waitForURL(/\/batch\/1/);
  const kept = readdirSync(office.at("kycdrop.desk")).filter((name) => name.startsWith("dropped"));
  assert.deepEqual(kept, []);
});

story("a name that means harm is shown as it is, and never leaves the inbox", async (office) => {
  await office.start();
  const page = await office.window("/drop");
  for (const [i, name] of ["<img src=x onerror=alert(1)>.json", "\u202enosj.exe", "'\"&`;$(reboot).json", "..", ".hidden.json"].entries()) {
    await page.goto(`${office.origin}/drop`);
    await page.locator("input[type=file]").setInputFiles(file(name, json(person(`${i}`))));
    await check(page);
    await page.waitForURL(/\/drop\/\w+$/);
    assert.equal(await page.locator("main img").count(), 0);
    assert.ok(!(await page.locator("main").innerText()).includes("\u202e"));
    await send(page);
    await page.waitForURL(new RegExp(`/batch/${i + 1}`));
  }
  assert.ok(readdirSync(office.home).every((name) => /^(classifiers|kycdrop\..*|risk|lists|watch-dir)$/.test(name)));
});

story("a file that was sent waits while kycdrop does not run, and the page says so", async (office) => {
  await office.desk();
  const page = await office.window("/drop");
  await page.locator("input[type=file]").setInputFiles(file("waits.json", json(person("1"))));
  await check(page);
  await send(page);
  await page.waitForURL(/\/sent/);
  await page.getByText(/not running|does not run/).first().waitFor();
  // Nobody has to look again by hand.
  office.run("once");
  await page.waitForURL(/\/batch\/1/);
});
