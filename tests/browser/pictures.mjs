// Pictures of the desk on a made-up office.
//   node pictures.mjs docs            those of the documentation, into docs/pictures
//   node pictures.mjs looks FOLDER    every page at each width, light and dark, to look at

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { PAGES, SCHEMES, WIDTHS, fill } from "./looks.mjs";
import { Office, close, evaluated, list, listed, person } from "./office.mjs";

const NUMBERS = { light: "", dark: "-dark" };

/** All pages, each of them whole. */
async function looks(folder) {
  mkdirSync(folder, { recursive: true });
  const office = new Office('institution = "Pavyzdys Credit Union"\nbranch = "vilnius-3"\n');
  try {
    fill(office);
    await office.start();
    for (const width of WIDTHS) {
      for (const colorScheme of SCHEMES) {
        const page = await office.window("/", { colorScheme, viewport: { width, height: 900 } });
        for (const [name, where] of Object.entries(PAGES)) {
          await page.goto(office.origin + where);
          const file = path.join(folder, `${name}-${width}${NUMBERS[colorScheme]}.png`);
          await page.screenshot({ path: file, fullPage: true });
        }
      }
    }
  } finally {
    await office.end();
  }
}

/** A picture for the documentation, with few colours so that it is small. */
async function picture(page, name, height) {
  const folder = fileURLToPath(new URL("../../docs/pictures", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name}.png`);
  await page.setViewportSize({ width: 1280, height });
  await page.evaluate(() => document.activeElement.blur());
  await page.screenshot({ path: file, clip: { x: 0, y: 0, width: 1280, height } });
  const smaller = spawnSync("pngquant", ["--force", "--ext", ".png", "--speed", "1", "64", file]);
  if (smaller.error) console.error(`${name}.png is larger than it must be: there is no pngquant`);
}

const [what, folder] = process.argv.slice(2);
try {
  if (what === "looks" && folder) await looks(folder);
  else throw new Error("node pictures.mjs docs | looks FOLDER");
} finally {
  await close();
}
