// Pictures of the desk on a made-up office.
//   node pictures.mjs docs            those of the documentation, into docs/pictures
//   node pictures.mjs looks FOLDER    every page at each width, light and dark, to look at

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { PAGES, SCHEMES, WIDTHS, fill } from "./looks.mjs";
import { Office, close, evaluated, list, listed, person } from "./office.mjs";

/** The most that is taken of a long page, in pixels. */
const TALLEST = 3000;

/** All pages. */
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
          const file = path.join(folder, `${name}-${width}-${colorScheme}.png`);
          const whole = await page.evaluate(() => document.documentElement.scrollHeight);
          const clip = { x: 0, y: 0, width, height: Math.min(whole, TALLEST) };
          await page.screenshot({ path: file, fullPage: true, clip });
        }
      }
    }
  } finally {
    await office.end();
  }
}

/** Customers of one file: two with mistakes. */
function monday() {
  const at = { requester: "Vilnius 3", businessUnit: "vilnius" };
  return {
    customers: [
      person("M-1", { ...at, firstName: "Austėja", lastName: "Kalnietė" }),
      person("M-2", { ...at, firstName: "Lukas", lastName: "Upelis", riskLevel: "Low", citizenshipCountry: "Lithuania" }),
      person("M-3", { ...at, firstName: "Ieva", lastName: "Rudenytė", birthDate: "1986-02-30" }),
      person("M-4", { ...at, firstName: "Matas", lastName: "Girelis", riskLevel: "MEDIUM" }),
    ],
  };
}

/** Sets the clock of what is started from now on; debug builds have one. */
function moveTo(day) {
  const ahead = Date.parse(`2026-11-${day}T08:40:00Z`) - Date.now();
  process.env.KYCDROP_CLOCK = ahead < 0 ? `${ahead}` : `+${ahead}`;
}

/** The office of the documentation: three weeks in Vilnius. */
function documented() {
  moveTo("02");
  const office = new Office('institution = "Pavyzdys Credit Union"\nbranch = "vilnius-3"\n');
  office.write(
    "classifiers/businessUnit.toml",
    'title = "Business units"\n\n[values]\nvilnius = "Vilnius branch"\nkaunas = "Kaunas branch"\n',
  );
  list(office, "7,Jonas Kalvaitis,Jonas Kalvaicius,1970-02-03,LT,made up");
  const inbox = office.at("watch-dir/inbox/batch-customers");
  for (const [day, customers, errors] of [["03", 240, 12], ["05", 310, 9], ["09", 180, 14], ["12", 400, 6], ["16", 260, 8]]) {
    moveTo(day);
    const file = path.join(inbox, `november-${day}.json`);
    office.run("demo", "--customers", `${customers}`, "--errors", `${errors}`, "--seed", day, "--output", file);
    office.run("once");
  }
  const at = { requester: "Vilnius 3", businessUnit: "vilnius" };
  const rasa = { ...at, firstName: "Rasa", lastName: "Ežerytė" };
  moveTo("17");
  office.batch("tuesday", person("R-1", rasa));
  const raised = { communicationNumber: "N-R-2", customerExtId: "X-R-1", action: "UPDATE", riskLevel: "HIGH", isPEP: true };
  moveTo("19");
  office.batch("thursday", person("R-1", { ...rasa, ...raised }));
  moveTo("20");
  office.drop("customer", "e-1.json", evaluated("E-1", { ...at, firstName: "Ali", lastName: "Karimi", citizenshipCountry: "IR" }));
  office.drop("customer", "e-2.json", evaluated("E-2", { ...at, firstName: "Jonas", lastName: "Jonaitis" }));
  office.drop("customer", "s-1.json", listed("S-1", { ...at, birthDate: "1970-03-02" }));
  office.run("once");
  return office;
}

/** A picture for the documentation: the upper part of the page, with few colours so that it is small. */
async function picture(page, name, most = 1000) {
  const folder = fileURLToPath(new URL("../../docs/pictures", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name}.png`);
  await page.evaluate(() => document.activeElement.blur());
  const whole = await page.evaluate(() => document.querySelector("main").getBoundingClientRect().bottom + 24);
  const height = Math.ceil(Math.min(most, whole));
  await page.screenshot({ path: file, fullPage: true, clip: { x: 0, y: 0, width: 1280, height } });
  const smaller = spawnSync("pngquant", ["--force", "--ext", ".png", "--speed", "1", "64", file]);
  if (smaller.error) console.error(`${name}.png is larger than it must be: there is no pngquant`);
}

/** The pictures of docs/GUIDE.md, README.md and docs/DESK.md. */
async function docs() {
  const office = documented();
  try {
    await office.start();
    const page = await office.window("/", { viewport: { width: 1280, height: 800 }, timezoneId: "Europe/Vilnius" });
    await page.goto(`${office.origin}/drop`);
    const buffer = Buffer.from(JSON.stringify(monday(), null, 2));
    await page.locator("input[type=file]").setInputFiles({ name: "monday.json", mimeType: "application/json", buffer });
    await page.getByRole("button", { name: "Check" }).click();
    await page.waitForURL(/\/drop\/\w+$/);
    await picture(page, "drop");
    await page.getByRole("button", { name: /^Send/ }).first().click();
    await page.waitForURL(/\/batch\//);
    await picture(page, "batch");
    await page.goto(`${office.origin}/`);
    await picture(page, "today");
    await page.goto(`${office.origin}/customer?q=X-R-1`);
    await picture(page, "customer");
    await page.goto(`${office.origin}/decisions`);
    await picture(page, "decisions");
    await page.goto(`${office.origin}/decisions?number=N-E-1`);
    await picture(page, "evaluation", 1200);
    await page.goto(`${office.origin}/decisions?number=N-S-1&process=SANCTIONS`);
    await picture(page, "match", 1200);
    await page.goto(`${office.origin}/figures`);
    await picture(page, "figures");
  } finally {
    await office.end();
  }
}

const [what, folder] = process.argv.slice(2);
try {
  if (what === "docs") await docs();
  else if (what === "looks" && folder) await looks(folder);
  else throw new Error("node pictures.mjs docs | looks FOLDER");
} finally {
  await close();
}
