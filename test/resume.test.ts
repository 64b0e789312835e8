/** Training that is killed at any moment, also in the middle of a save, and goes on as if nothing had been. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { loadPart } from "prewitt/io";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const tsx = pathToFileURL(createRequire(`${root}package.json`).resolve("tsx")).href;
const EPOCHS = 5;

let folder: string;
const kill: (() => void)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "prewitt-resume-"));
});
afterEach(() => {
  for (const end of kill.splice(0)) end();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the training; `text` grows with what it prints, and `closed` is its end. */
function start(name: string) {
  const script = join(root, "test/resume/train.ts");
  const child = spawn(process.execPath, ["--import", tsx, script, join(folder, name), `${EPOCHS}`]);
  kill.push(() => child.kill("SIGKILL"));
  const output = { text: "", errors: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output.text += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    output.errors += chunk;
  });
  const closed = once(child, "close") as Promise<[number | null, string | null]>;
  const until = async (met: () => boolean): Promise<void> => {
    while (!met() && child.exitCode === null && child.signalCode === null) await delay(1);
  };
  return { child, output, closed, until };
}

type Started = ReturnType<typeof start>;

async function ended({ output, closed }: Started): Promise<string> {
  const [code] = await closed;
  if (code !== 0) throw new Error(`it ended with ${code}:\n${output.text}${output.errors}`);
  return output.text;
}

/** Losses by step, as printed. */
const lossesOf = (text: string) =>
  new Map([...text.matchAll(/^step (\d+) (\S+)$/gm)].map((found) => [Number(found[1]), found[2]]));
const historyOf = (text: string) => /^done (.*)$/m.exec(text)?.[1];
const halves = (name: string) =>
  existsSync(join(folder, name)) ? readdirSync(join(folder, name)).filter((file) => file.endsWith(".part")) : [];

describe("training that is killed", () => {
  it("resumes with the losses, weights and history of a run that was left alone, bit for bit", async () => {
    const whole = await ended(start("whole"));
    const losses = lossesOf(whole);
    expect(losses.size).toBe(7 * EPOCHS);

    const killed = async (moment: (run: Started) => Promise<void>): Promise<void> => {
      const run = start("killed");
      await moment(run);
      run.child.kill("SIGKILL");
      expect((await run.closed)[1], run.output.text + run.output.errors).toBe("SIGKILL");
      for (const [step, loss] of lossesOf(run.output.text)) expect([step, loss]).toEqual([step, losses.get(step)]);
    };
    for (let i = 0; i < 2; i++) {
      const count = 1 + Math.floor(Math.random() * 6);
      await killed(async (run) => {
        await run.until(() => lossesOf(run.output.text).size >= count);
        await delay(Math.random() * 30);
      });
    }
    // Within a save, until one was hit.
    for (let i = 0; i < 6 && halves("killed").length === 0; i++) {
      await killed(async (run) => {
        await run.until(() => lossesOf(run.output.text).size >= 1);
        await run.until(() => halves("killed").length > 0);
      });
    }
    // Killed within a save, the temporary file stays; the next save removes it.
    expect(halves("killed")).toHaveLength(1);
    const last = await ended(start("killed"));
    for (const [step, loss] of lossesOf(last)) expect([step, loss]).toEqual([step, losses.get(step)]);
    expect(historyOf(last)).toBe(historyOf(whole));
    expect(readdirSync(join(folder, "killed")).sort()).toEqual(["best.safetensors", "last.safetensors"]);
    for (const file of ["best.safetensors", "last.safetensors"]) {
      for (const part of ["model", "optimizer"]) {
        const [a, b] = [
          await loadPart(join(folder, "killed", file), part),
          await loadPart(join(folder, "whole", file), part),
        ];
        expect(Object.keys(a)).toEqual(Object.keys(b));
        for (const [key, value] of Object.entries(a)) expect(await value.data(), key).toEqual(await b[key]?.data());
      }
    }
  });

  it("Ctrl-C finishes the step, saves and says where; started again it goes on", async () => {
    const run = start("stopped");
    await run.until(() => lossesOf(run.output.text).size >= 2);
    run.child.kill("SIGINT");
    expect(await run.closed).toEqual([130, null]);
    const steps = lossesOf(run.output.text).size;
    expect(run.output.text).toContain(`saved to ${join(folder, "stopped", "last.safetensors")} after ${steps} steps`);
    expect(Math.min(...lossesOf(await ended(start("stopped"))).keys())).toBe(steps);
  });
});
