/** `npm run example` as a user meets it: where things are, the last line, Ctrl-C, wrong options. In processes of their own. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const tsx = pathToFileURL(createRequire(`${root}package.json`).resolve("tsx")).href;

let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "prewitt-example-"));
});
afterEach(() => {
  child?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Runs a script in the temporary folder; both streams go to one file, so that their order is that of writing. */
function start(script: string, ...args: string[]) {
  const file = join(folder, "output");
  const output = openSync(file, "w");
  const env = { ...process.env, PREWITT_SHORT: "", NO_COLOR: "1" };
  const stdio = ["ignore", output, output] as const;
  const started = spawn(process.execPath, ["--import", tsx, join(root, script), ...args], {
    cwd: folder,
    env,
    stdio: [...stdio],
  });
  child = started;
  closeSync(output);
  const text = () => readFileSync(file, "utf8");
  const ended = once(started, "close") as Promise<[number | null, string | null]>;
  const said = async (wanted: string): Promise<void> => {
    while (!text().includes(wanted)) {
      if (started.exitCode !== null) throw new Error(`it ended without saying "${wanted}":\n${text()}`);
      await delay(20);
    }
  };
  return { started, text, ended, said };
}

const lastOf = (text: string): unknown => JSON.parse(text.trimEnd().split("\n").at(-1) as string);
const report = (name: string): string => join(folder, "runs", name, "report.html");

describe("npm run example", () => {
  it("Ctrl-C finishes the step, saves the weights, judges, and ends with the result and a report", async () => {
    const { started, text, ended, said } = start(
      "scripts/example.mjs",
      "driving",
      ...["--images", "32", "--test", "16", "--epochs", "100000"],
    );
    await said("epoch 2/100000");
    started.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
    expect(text()).toMatch(/^The report will be in runs\/driving\/report\.html/);
    expect(text()).toMatch(/Stopping after this step.*[\s\S]*\nweights in runs\/driving\/weights\.safetensors\n/);
    expect(lastOf(text())).toEqual({
      task: "driving",
      metric: "mean IoU",
      value: expect.any(Number),
      seconds: expect.any(Number),
    });
    for (const file of ["weights.safetensors", "loss.png", "truth.png"]) {
      expect(existsSync(join(folder, "runs", "driving", file))).toBe(true);
    }
    const cells = readFileSync(report("driving"), "utf8").split('<section id="cell-');
    const cellWith = (output: string): string => cells.find((cell) => cell.includes(output)) ?? "";
    expect(cellWith("<figcaption>runs/driving/loss.png</figcaption>")).toContain("weights in runs/driving");
    expect(cellWith("<figcaption>runs/driving/worst.png</figcaption>")).toContain("runs/driving/steering.png");
    expect(cellWith("<td>mean IoU</td>")).toContain("&quot;task&quot;:&quot;driving&quot;");
    expect(cells[0]).not.toContain("<figure>");
  });

  it("wrong options are explained, and an earlier report stays", async () => {
    mkdirSync(dirname(report("driving")), { recursive: true });
    writeFileSync(report("driving"), "of yesterday");
    const { text, ended } = start("scripts/example.mjs", "driving", "--epoch", "3");
    expect(await ended).toEqual([1, null]);
    expect(text()).toContain("--epochs N  times that each of them is seen (8)");
    expect(readFileSync(report("driving"), "utf8")).toBe("of yesterday");
  });

  it("without a name lists the examples with their titles", async () => {
    const { text, ended } = start("scripts/example.mjs");
    expect(await ended).toEqual([1, null]);
    const lines = text().trimEnd().split("\n").slice(1);
    expect(lines.filter((line) => !/^ {2}\S+ {2,}\S.*\.$/.test(line))).toEqual([]);
    expect(lines.length).toBeGreaterThan(18);
  });
});

describe("an example run by tsx alone", () => {
  it("saves its pictures once, says where, and ends with the result", async () => {
    const { text, ended } = start("examples/super-resolution.ts", "--short");
    expect(await ended).toEqual([0, null]);
    expect(text()).toMatch(/^Picture "astronaut, doubled" .* in runs\/super-resolution-short\/astronaut\.png$/m);
    expect(text()).not.toContain("in the report");
    expect(lastOf(text())).toMatchObject({ task: "super-resolution", metric: "PSNR (dB)" });
    expect(existsSync(join(folder, "runs", "display"))).toBe(false);
    expect(existsSync(report("super-resolution-short"))).toBe(false);
  });
});
