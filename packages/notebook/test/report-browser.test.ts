/**
 * Reports in a browser: nothing on the console, nothing wider than the page or cut off, light and dark.
 *
 * Needs Chromium; CI installs it (the stage "browser" of `npm test`), elsewhere the tests are skipped without it.
 */

import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gallery } from "./report/gallery.ts";
import { Workplace } from "./report/workplace.ts";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = places.find(existsSync);
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What reaches over the page's right edge, and what of a drawing's text its frame cuts off. Runs in the page. */
function faultsOfLayout(): string[] {
  const faults: string[] = [];
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) {
    faults.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${wide}`);
  }
  for (const image of document.querySelectorAll("img")) if (image.naturalWidth === 0) faults.push("an image is broken");
  for (const svg of document.querySelectorAll("svg")) {
    const frame = svg.getBoundingClientRect();
    if (frame.width === 0 || frame.height === 0) faults.push("a drawing is empty");
    for (const text of svg.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      if (box.width === 0) continue;
      const out = Math.max(
        frame.left - box.left,
        box.right - frame.right,
        frame.top - box.top,
        box.bottom - frame.bottom,
      );
      if (out > 1) faults.push(`"${text.textContent}" is cut off by ${out.toFixed(1)}`);
    }
  }
  return faults;
}

/** Contrast of the text of these elements with the page, by the formula of WCAG 2. Runs in the page. */
function leastContrast(selector: string): number {
  const luminance = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).map((v) => {
      const c = Number(v) / 255;
      return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = luminance(getComputedStyle(document.body).backgroundColor);
  const ratios = [...document.querySelectorAll(selector)].map((element) => {
    const style = getComputedStyle(element);
    const ink = luminance(element.namespaceURI?.endsWith("svg") ? style.fill : style.color);
    return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
  });
  return Math.min(...ratios);
}

const isSkipped = executablePath === undefined && process.env.CI === undefined;
let workplace: Workplace;
let browser: Browser;
let page: Page;
let complaints: string[];
beforeAll(async () => {
  if (isSkipped) return;
  if (executablePath === undefined) throw new Error(`there is no browser: looked for ${places.join(", ")}`);
  workplace = new Workplace();
  browser = await chromium.launch({ executablePath, args, headless: true });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  workplace?.remove();
});

/** Opens a report; `complaints` is what the browser has to say about it. */
async function open(report: string): Promise<void> {
  complaints = [];
  page = await browser.newPage({ viewport: { width: 900, height: 700 } });
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    if (!/^(?:file|data):/.test(request.url())) complaints.push(`it asked for ${request.url()}`);
  });
  await page.goto(pathToFileURL(workplace.path(report)).href);
}

describe.skipIf(isSkipped)("a report in a browser", () => {
  beforeAll(async () => {
    workplace.write("gallery.ts", gallery);
    const ran = await workplace.run("run", "gallery.ts");
    if (ran.code !== 0) throw new Error(ran.err);
    await open("runs/gallery/report.html");
  }, 60_000);

  it("opens without a word on the console, and asks for nothing", () => {
    expect(complaints).toEqual([]);
  });

  for (const width of [900, 400]) {
    it(`nothing is wider than a window of ${width} pixels or cut off`, async () => {
      await page.setViewportSize({ width, height: 700 });
      expect(await page.evaluate(faultsOfLayout)).toEqual([]);
      expect(await page.locator("svg").count()).toBe(8);
    });
  }

  for (const colorScheme of ["light", "dark"] as const) {
    it(`text is readable on a ${colorScheme} page`, async () => {
      await page.emulateMedia({ colorScheme });
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      expect(ground).toBe(colorScheme === "light" ? "rgb(255, 255, 255)" : "rgb(21, 24, 28)");
      expect(
        await page.evaluate(leastContrast, "p, h1, h2, h3, pre.text, td, th, figcaption, summary"),
      ).toBeGreaterThan(4.5);
      expect(await page.evaluate(leastContrast, "svg text")).toBeGreaterThan(4.5);
      expect(await page.evaluate(leastContrast, "pre.code span")).toBeGreaterThan(3);
    });
  }
});

describe.skipIf(isSkipped)("the report of a task", () => {
  beforeAll(async () => {
    const ran = await workplace.example("classification-fashion", "--short");
    if (ran.code !== 0) throw new Error(ran.err);
    await open("runs/classification-fashion-short/report.html");
  }, 120_000);

  it("opens without a word on the console, and shows its pictures and its result", async () => {
    expect(complaints).toEqual([]);
    expect(await page.locator("svg").count()).toBe(5);
    expect(await page.locator("table").filter({ hasText: "test accuracy" }).count()).toBe(1);
  });

  for (const width of [900, 400]) {
    it(`nothing is wider than a window of ${width} pixels or cut off`, async () => {
      await page.setViewportSize({ width, height: 700 });
      expect(await page.evaluate(faultsOfLayout)).toEqual([]);
    });
  }
});
