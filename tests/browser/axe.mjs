// axe-core on the page that a window shows, with the rules of WCAG 2.2 A and AA.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

/** Fails with what axe finds. */
export async function sound(page, name) {
  await page.evaluate(source);
  const found = await page.evaluate((values) => globalThis.axe.run({ runOnly: { type: "tag", values } }), tags);
  const lines = found.violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${violation.help}: ${node.target.join(" ")}`),
  );
  assert.deepEqual(lines, [], `${name}: ${page.url()}`);
  assert.ok(found.passes.length > 10, "axe looked at the page");
}
