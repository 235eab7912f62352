// *Decisions*: what waits for a person is decided, once, by whoever is first.

import assert from "node:assert/strict";

import { evaluated, eventually, list, listed } from "./office.mjs";
import { story } from "./story.mjs";

const MAIN = "Record the decision";

/** Fills in the form of an evaluation. */
async function decide(page, { choose = "Accept the customer", ground = "DUE_DILIGENCE_COMPLETED", by = "Rasa Petraitė" } = {}) {
  await page.getByLabel(choose).check();
  await page.getByLabel("Ground").selectOption(ground);
  if (by !== null) await page.getByLabel("Your name").fill(by);
}

const send = (page) => page.getByRole("button", { name: MAIN }).click();

story("an evaluation is decided with its reasons before the eyes, and the history says by whom", async (office) => {
  office.drop("customer", "one.json", evaluated("1", { isPEP: true }));
  await office.start();
  const page = await office.window("/decisions");
  const row = page.getByRole("row").filter({ hasText: "N-1" });
  await eventually("the evaluation", async () => (await page.reload()) && (await row.count()) > 0);
  await row.getByRole("link", { name: "N-1" }).click();
  await page.getByRole("heading", { name: /Ona Petraitė/ }).waitFor();
  await page.getByText("Factors, each with its part of the score").click();
  await page.getByRole("columnheader", { name: "Points" }).waitFor();
  await decide(page);
  await page.getByLabel("Final risk level").selectOption("EXTREME");
  await page.getByLabel(/Comment/).fill("Seen in person");
  await send(page);
  const said = page.getByRole("status").filter({ hasText: "Recorded:" });
  await said.waitFor();
  assert.match(await said.innerText(), /N-1.*EXTREME.*Rasa Petraitė/s);
  await page.getByText("Nothing waits for a decision.").waitFor();
  // A reload sends nothing again.
  await page.reload();
  await said.waitFor();
  const rows = office.run("query", "--format", "csv", "SELECT decision, final_risk_level, decided_by, comment FROM v_decision");
  assert.equal(rows.trim().split("\n")[1], "ACCEPTED,EXTREME,Rasa Petraitė,Seen in person");
  await page.goto(`${office.origin}/customer?q=N-1`);
  await page.getByText("Seen in person").waitFor();
});

story("what is missing is said, and what was typed stays", async (office) => {
  office.drop("customer", "one.json", evaluated("1"));
  office.run("once");
  await office.desk();
  // The browser itself asks for what is missing; without its help the desk does.
  const page = await office.window("/decisions?number=N-1");
  await page.evaluate(() => (document.querySelector("form.decision").noValidate = true));
  await decide(page, { choose: "Reject the customer", by: null });
  await page.getByLabel(/Comment/).fill("Ąžuolas");
  await send(page);
  await page.getByRole("alert").filter({ hasText: "Write your name" }).waitFor();
  assert.equal(await page.getByLabel(/Comment/).inputValue(), "Ąžuolas");
  assert.ok(await page.getByLabel("Reject the customer").isChecked());
  assert.equal(await page.getByLabel("Ground").inputValue(), "DUE_DILIGENCE_COMPLETED");
});

story("of two windows the second sees who decided before", async (office) => {
  office.drop("customer", "one.json", evaluated("1"));
  office.run("once");
  await office.start();
  const first = await office.window("/decisions?number=N-1");
  const second = await office.window("/decisions?number=N-1");
  await decide(first);
  await decide(second, { choose: "Reject the customer", by: "Jonas" });
  await send(first);
  await first.getByRole("status").filter({ hasText: "Recorded:" }).waitFor();
  await send(second);
  await second.getByRole("alert").filter({ hasText: "decided by Rasa Petraitė" }).waitFor();
  assert.equal(await second.getByRole("button", { name: MAIN }).count(), 0);
  const rows = office.run("query", "--format", "csv", "SELECT decided_by FROM v_decision");
  assert.equal(rows, "decided_by\nRasa Petraitė\n");
});

story("a match is dismissed with both sides beside each other", async (office) => {
  list(office);
  office.drop("customer", "one.json", listed("1"));
  office.run("once");
  await office.start();
  const page = await office.window("/decisions");
  await page.getByRole("link", { name: "N-1" }).click();
  await page.getByRole("heading", { name: "The customer as it came" }).waitFor();
  await page.getByLabel(/^Dismiss/).check();
  await page.getByLabel("Reason").fill("Born in another town: passport seen");
  await page.getByLabel("Your name").fill("Rasa Petraitė");
  await send(page);
  await page.getByRole("status").filter({ hasText: "Recorded:" }).waitFor();
  // The next form knows the name.
  office.drop("customer", "two.json", listed("2"));
  await page.goto(`${office.origin}/decisions`);
  const next = page.getByRole("link", { name: "N-2" });
  await eventually("the next match", async () => (await page.reload()) && (await next.count()) > 0);
  await next.click();
  assert.equal(await page.getByLabel("Your name").inputValue(), "Rasa Petraitė");
});

story("where kycdrop does not run a decision waits, and the queue says so", async (office) => {
  office.drop("customer", "one.json", evaluated("1"));
  office.run("once");
  await office.desk();
  const page = await office.window("/decisions?number=N-1");
  await decide(page);
  await send(page);
  await page.getByRole("status").filter({ hasText: "waits in the inbox" }).waitFor();
  await page.getByText("a decision waits in the inbox").waitFor();
  office.run("once");
  await page.reload();
  await page.getByRole("status").filter({ hasText: "Recorded:" }).waitFor();
});
