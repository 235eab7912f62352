// A test in the browser. It fails, too, if a page asked for another host, ran into its own content policy, had
// an error in its script or opened a dialog.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Office, PATIENCE, close } from "./office.mjs";

after(close);

/** A test with an office of its own. */
export function story(name, body, lines = "") {
  test(name, { timeout: 5 * PATIENCE }, async () => {
    const office = new Office(lines);
    try {
      await body(office);
      assert.deepEqual(office.faults, []);
    } catch (error) {
      console.error((await office.shown()).join("\n"));
      throw error;
    } finally {
      await office.end();
    }
  });
}
