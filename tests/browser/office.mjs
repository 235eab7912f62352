// An office in a browser: a home of its own, kycdrop on it, and windows of a real browser. It ends what it
// started.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

/** How long anything may take before a test fails, in milliseconds. A slow machine needs seconds. */
export const PATIENCE = 60_000;

const root = fileURLToPath(new URL("../..", import.meta.url));
const target = process.env.CARGO_TARGET_DIR ?? path.join(root, "target");
const binary = path.resolve(root, process.env.KYCDROP_BIN ?? path.join(target, "debug/kycdrop"));

/** A home in a temporary folder. */
export class Office {
  #processes = new Set();
  #contexts = [];
  #count = 0;
  /** What no page may do, as it was seen. */
  faults = [];

  constructor(lines = "") {
    this.home = mkdtempSync(path.join(os.tmpdir(), "kycdrop-browser-"));
    this.run("init");
    const settings = `settle = "0s"\nsettle_timeout = "0s"\ndesk = true\ndesk_port = 0\n${lines}`;
    this.write("kycdrop.toml", settings);
  }

  at(...names) {
    return path.join(this.home, ...names);
  }

  /** Writes a file below the home. */
  write(name, content) {
    mkdirSync(path.dirname(this.at(name)), { recursive: true });
    writeFileSync(this.at(name), content);
  }

  /** Runs a command to its end; what it printed. */
  run(...args) {
    const done = spawnSync(binary, ["--home", this.home, ...args], { encoding: "utf8", timeout: PATIENCE });
    assert.equal(done.status, 0, `kycdrop ${args.join(" ")}: ${done.error ?? done.stderr}`);
    return done.stdout;
  }

  /** Drops a request into the inbox, whole. */
  drop(endpoint, name, request) {
    const whole = `.dropped-${this.#count++}`;
    this.write(whole, typeof request === "string" ? request : JSON.stringify(request));
    renameSync(this.at(whole), this.at("watch-dir/inbox", endpoint, name));
  }

  /** Drops a batch of customers and answers it. */
  batch(name, ...customers) {
    this.drop("batch-customers", `${name}.json`, { customers });
    this.run("once");
  }

  /** Starts `kycdrop run`, with its desk. */
  async start() {
    const daemon = this.#spawn("run");
    await this.#letIn();
    return daemon;
  }

  /** Opens the desk alone: nobody answers files. */
  async desk(port = 0) {
    const desk = this.#spawn("desk", "--port", String(port));
    await this.#letIn();
    return desk;
  }

  #spawn(...args) {
    const child = spawn(binary, ["--home", this.home, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    child.said = "";
    child.stderr.on("data", (text) => (child.said += text));
    this.#processes.add(child);
    return child;
  }

  /** Ends a process that was started here, and waits for its end. */
  async stop(child) {
    this.#processes.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  }

  async #letIn() {
    const file = this.at("kycdrop.desk/address");
    this.opening = await eventually("the address of the desk", () => existsSync(file) && readFileSync(file, "utf8"));
    this.origin = new URL(this.opening).origin;
  }

  /** The port of the desk. */
  get port() {
    return Number(new URL(this.origin).port);
  }

  /** A window of a browser that was let in, at a page. */
  async window(where = "/", options = {}) {
    const context = await this.context(options);
    const page = await context.newPage();
    await page.goto(this.opening);
    await page.waitForURL(`${this.origin}/`);
    if (where !== "/") await page.goto(this.origin + where);
    return page;
  }

  /** A browser with no cookies yet. */
  async context(options = {}) {
    const context = await (await browser()).newContext({ locale: "en-GB", timezoneId: "UTC", ...options });
    context.setDefaultTimeout(PATIENCE);
    this.#contexts.push(context);
    context.on("dialog", (dialog) => {
      this.faults.push(`a dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    context.on("weberror", (error) => this.faults.push(`an error in a script: ${error.error().stack}`));
    context.on("console", (message) => {
      if (/content security policy|refused to/i.test(message.text())) this.faults.push(message.text());
    });
    context.on("request", (request) => {
      const of = new URL(request.url());
      const own = of.origin === this.origin || !["http:", "https:"].includes(of.protocol);
      if (!own && !options.elsewhere) this.faults.push(`asks another host: ${request.url()}`);
    });
    return context;
  }

  async end() {
    await Promise.all(this.#contexts.map((context) => context.close()));
    await Promise.all([...this.#processes].map((child) => this.stop(child)));
    rmSync(this.home, { recursive: true, force: true });
  }

  /** What the open windows show, for whoever reads why a test failed. */
  async shown() {
    const pages = this.#contexts.flatMap((context) => context.pages());
    const text = (page) => page.locator("body").innerText({ timeout: 1000 }).catch((error) => String(error));
    return Promise.all(pages.map(async (page) => `-- ${page.url()}\n${await text(page)}`));
  }
}

let running;

/** The browser of this process, started when it is first needed. */
export async function browser() {
  running ??= chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Chromium has no sandbox for root, as which a container runs.
    chromiumSandbox: process.getuid() !== 0,
    args: ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    timeout: PATIENCE,
  });
  return running;
}

/** Ends that browser. */
export async function close() {
  if (running) await (await running).close();
}

/** Asks again and again until there is an answer that counts. */
export async function eventually(what, ask) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(Date.now() < end, `${what} never came`);
    await pause(50);
  }
}

/** A person with everything that is mandatory at the batch endpoints. */
export function person(id, more = {}) {
  return {
    communicationNumber: `N-${id}`,
    requester: "Branch 7",
    riskManagementCategory: "IND",
    riskLevel: "LOW",
    customerStatus: "ACTIVE",
    entityType: "INDIVIDUAL",
    customerExtId: `X-${id}`,
    applicationDate: "2024-04-10",
    firstName: "Ona",
    lastName: "Petraitė",
    citizenshipCountry: "LT",
    ...more,
  };
}

/** The same, for whom a risk level is asked: with the shipped matrix a person decides. */
export function evaluated(id, more = {}) {
  const { riskLevel, customerStatus, ...rest } = person(id, { sourceOfRiskLevel: "EVALUATE", ...more });
  return rest;
}

/** Gives an office a list with one person on it. */
export function list(office, entry = "7,Jonas Kalvaitis,,1970-02-03,LT,made up") {
  office.write(
    "lists/own.toml",
    'title = "Ours"\nprocess = ["SANCTIONS"]\nformat = "csv"\nfile = "own.csv"\n',
  );
  office.write("lists/own.csv", `id,name,aliases,birth_date,country,reason\n${entry}\n`);
}

/** A person who is on that list. */
export function listed(id, more = {}) {
  const name = { firstName: "Jonas", lastName: "Kalvaitis", birthDate: "1970-02-03" };
  return person(id, { ...name, sourceOfRiskLevel: "IMPORT", initializeScreeningProcesses: ["SANCTIONS"], ...more });
}
