// Who is let in, with a real browser: another origin, another host, a wrong token, no token.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";

import { eventually } from "./office.mjs";
import { story } from "./story.mjs";

/** A page of somebody else on another port of loopback. */
async function elsewhere(html) {
  const server = http.createServer((request, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(html);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

story("a page of another origin can neither send a form nor read a page", async (office) => {
  await office.desk();
  const own = await office.window("/drop", { elsewhere: true });
  const action = await own.locator("form[action^='/drop']").first().getAttribute("action");
  const hostile = await elsewhere(`<!doctype html><title>hostile</title>
    <form method="post" action="${office.origin}${action.replaceAll("&", "&amp;")}"><button>Win a prize</button></form>
    <img alt="" src="${office.origin}/"><iframe src="${office.origin}/"></iframe>`);
  try {
    const page = await own.context().newPage();
    await page.goto(hostile.url);
    // Even with the form's token, which no other page knows.
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.request().method() === "POST"),
      page.getByRole("button", { name: "Win a prize" }).click(),
    ]);
    assert.equal(answer.status(), 403);
    await page.getByRole("heading", { name: "Not allowed" }).waitFor();
    await page.goto(hostile.url);
    const read = await page.evaluate(async (url) => {
      const ask = (options) => fetch(url, options).then((answer) => answer.type, () => "refused");
      return [await ask({ credentials: "include" }), await ask({ mode: "no-cors", credentials: "include" })];
    }, `${office.origin}/`);
    assert.deepEqual(read, ["refused", "refused"]);
    const frame = page.frames().find((frame) => frame !== page.mainFrame());
    assert.equal(await frame.getByText("kycdrop").count(), 0, "the desk is shown in a frame");
    // What the hostile page ran into is as it should be.
    office.faults = [];
  } finally {
    hostile.close();
  }
});

story("a name that leads to loopback is refused", async (office) => {
  await office.desk();
  const own = await office.window();
  const response = await own.context().request.get(`${office.origin}/`, { headers: { host: `evil.example:${office.port}` } });
  assert.equal(response.status(), 403);
});

story("nobody gets in without the token", async (office) => {
  await office.desk();
  const context = await office.context();
  const page = await context.newPage();
  for (const where of ["/", "/drop", "/open/", "/open/0", `/open/${"0".repeat(64)}`]) {
    const answer = await page.goto(office.origin + where);
    assert.equal(answer.status(), 403, where);
    await page.getByText("kycdrop desk").waitFor();
  }
  assert.deepEqual(await context.cookies(), []);
  await page.goto(office.opening);
  await page.getByRole("heading", { name: "Today" }).waitFor();
  assert.ok(!page.url().includes("open"), "the token stays in the address");
  const [cookie] = await context.cookies();
  assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, "Strict"]);
  // No script reads it.
  assert.equal(await page.evaluate(() => document.cookie), "");
});

story("a script in a value would not run, and these stories would notice it", async (office) => {
  await office.desk();
  const page = await office.window();
  await page.evaluate(() => {
    document.querySelector("main").innerHTML = `<img alt="" src="/none" onerror="document.title = 'mine'">`;
  });
  await eventually("the refusal", () => office.faults.length > 0);
  assert.match(await page.title(), /^Today/);
  office.faults = [];
});
