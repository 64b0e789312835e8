/** The training example as a user meets it: Ctrl-C, repeatable runs, wrong options. In processes of their own. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { loadSafetensors } from "prewitt/io";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const tsx = pathToFileURL(createRequire(`${root}package.json`).resolve("tsx")).href;
const weights = join("runs", "mnist", "weights.safetensors");

let folder: string;
const kill: (() => void)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "prewitt-train-"));
});
afterEach(() => {
  for (const end of kill.splice(0)) end();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the example in the temporary folder; `output` collects both streams. */
function start(...args: string[]) {
  const env = { ...process.env, PREWITT_SHORT: "" };
  const child = spawn(process.execPath, ["--import", tsx, join(root, "examples/train-mnist.ts"), ...args], {
    cwd: folder,
    env,
  });
  kill.push(() => child.kill("SIGKILL"));
  const output = { text: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output.text += chunk;
    });
  }
  const closed = once(child, "close") as Promise<[number | null, string | null]>;
  const said = async (wanted: string): Promise<void> => {
    while (!output.text.includes(wanted)) {
      if (child.exitCode !== null) throw new Error(`it ended without saying "${wanted}":\n${output.text}`);
      await Promise.race([once(child.stdout, "data"), once(child.stderr, "data"), closed]);
    }
  };
  return { child, output, closed, said };
}

describe("train-mnist", () => {
  it("Ctrl-C finishes the step, saves the weights and says where", async () => {
    const { child, output, closed, said } = start("--images", "60", "--batch", "10", "--epochs", "1000");
    // The first epoch's last line: by then it is training.
    await said("epoch 1/1000  6/6");
    child.kill("SIGINT");
    expect(await closed).toEqual([130, null]);
    expect(output.text).toMatch(
      /Stopping after this step.*\n[\s\S]*Stopped after \d+ steps\.\nweights saved to runs\/mnist\/weights\.safetensors/,
    );
    const saved = await loadSafetensors(join(folder, weights));
    expect(saved["features.0.weight"]?.shape).toEqual([32, 1, 3, 3]);
    expect(Object.keys(saved).length).toBe(8);
  });

  it("the same seed gives the same weights to the last bit, another seed others", async () => {
    const train = async (seed: string): Promise<Uint8Array> => {
      const { child, output, closed } = start("--images", "32", "--batch", "16", "--epochs", "1", "--seed", seed);
      const file = join(folder, weights);
      // The file appears when it is whole; testing, which comes after it, is not needed here.
      while (!existsSync(file)) {
        if (child.exitCode !== null) throw new Error(output.text);
        await delay(20);
      }
      child.kill("SIGKILL");
      await closed;
      const bytes = readFileSync(file);
      rmSync(file);
      return bytes;
    };
    const first = await train("1");
    expect(await train("1")).toEqual(first);
    expect(await train("2")).not.toEqual(first);
  });

  it("wrong options are explained, without a stack", async () => {
    const { output, closed } = start("--epochs", "many");
    expect(await closed).toEqual([1, null]);
    expect(output.text).toContain('--epochs is "many", and must be an integer of 1 or more.');
    expect(output.text).toContain("--images N  training images, at most 60,000 (60000)");
    expect(output.text).not.toContain("    at ");
  });
});
