/** Records of runs, comparing them, and the cache: files in a temporary folder. */

import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { OptionError, seed, tensor } from "@prewitt/core";
import { cache, compareRuns, readRuns, startRun } from "@prewitt/notebook";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const here = process.cwd();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "prewitt-runs-"));
  process.chdir(folder);
  vi.spyOn(console, "log").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  process.chdir(here);
  rmSync(folder, { recursive: true, force: true });
});

async function logged(name: string, config: Record<string, number>, losses: readonly number[]): Promise<void> {
  using run = await startRun(name, { config });
  for (const [step, loss] of losses.entries()) run.log({ step, loss });
}

describe("runs", () => {
  it("are read back with config, seed, environment and all that was logged", async () => {
    seed(7);
    const seen: unknown[] = [];
    const run = await startRun("mnist/first", { config: { learningRate: 0.1, layers: [32, 64] } });
    const stop = run.follow((values) => seen.push(values));
    run.log({ step: 1, loss: 2.5, note: "warm" });
    stop();
    run.log({ step: 2, loss: Number.NaN });
    run.end("interrupted");
    run.end();
    expect(run.file).toBe(join("runs", "mnist/first", "metrics.jsonl"));
    const [read, ...rest] = readRuns("mnist/first");
    expect(rest).toEqual([]);
    expect(read).toMatchObject({
      name: "mnist/first",
      config: { learningRate: 0.1, layers: [32, 64] },
      seed: 7,
      outcome: "interrupted",
      rows: [
        { step: 1, loss: 2.5, note: "warm" },
        { step: 2, loss: Number.NaN },
      ],
    });
    expect(read?.environment).toMatchObject({ node: process.version, platform: `${process.platform} ${process.arch}` });
    expect(seen).toEqual([{ step: 1, loss: 2.5, note: "warm" }]);
    expect(() => run.log({ step: 3 })).toThrow('run "mnist/first" has ended');
  });

  it("a name collects its runs, and a line that a crash cut short costs nothing else", async () => {
    await logged("a", { k: 1 }, [3, 2]);
    await new Promise((resolve) => setTimeout(resolve, 2));
    const open = await startRun("a", { config: { k: 2 } });
    open.log({ step: 0, loss: 1 });
    appendFileSync(open.file, '{"event":"log","run":"');
    const runs = readRuns("a");
    expect(runs.map(({ config, outcome, rows }) => [config.k, outcome, rows.length])).toEqual([
      [1, "done", 2],
      [2, "unfinished", 1],
    ]);
    expect(readRuns("none")).toEqual([]);
  });

  it("names that leave the folder are refused", async () => {
    for (const name of ["../x", "/etc", "", "a//b", "a/.."]) {
      await expect(startRun(name)).rejects.toThrow(OptionError);
    }
    await expect(startRun("a", { configuration: {} } as object)).rejects.toThrow('unknown option "configuration"');
  });
});

describe("compareRuns", () => {
  it("ranks, tells runs apart by what differs, and draws", async () => {
    seed(1);
    await logged("adam", { rate: 0.1, layers: 2 }, [3, 1, 2]);
    await new Promise((resolve) => setTimeout(resolve, 2));
    await logged("adam", { rate: 0.2, layers: 2 }, [3, 0.5]);
    await logged("sgd", { rate: 0.1, layers: 2 }, [4]);
    const comparison = compareRuns(["adam", "sgd"]);
    expect(comparison.runs.map(({ label, best, last }) => [label, best, last])).toEqual([
      ["adam, rate 0.2", 0.5, 0.5],
      ["adam, rate 0.1", 1, 2],
      ["sgd, rate 0.1", 4, 4],
    ]);
    expect(inspect(comparison)).toBe(
      [
        "run             best loss    last  rows  outcome",
        "adam, rate 0.2     0.5000  0.5000     2     done",
        "adam, rate 0.1          1       2     3     done",
        "sgd, rate 0.1           4       4     1     done",
      ].join("\n"),
    );
    expect(await comparison.chart().svg()).toContain(">adam, rate 0.2<");
    expect(compareRuns(["adam"], { best: "greatest" }).runs.map(({ best }) => best)).toEqual([3, 3]);
  });

  it("says what is missing", async () => {
    await logged("a", {}, [1]);
    expect(() => compareRuns(["b"])).toThrow('there is no run "b"');
    expect(() => compareRuns(["a"], { by: "accuracy" })).toThrow(/no run logged "accuracy"[\s\S]*logged: step, loss/);
  });
});

describe("cache", () => {
  it("keeps tensors and plain data, and runs again when deps or the function change", async () => {
    let calls = 0;
    const compute = async (scale: number) =>
      cache("parts/features", { scale }, () => {
        calls++;
        return { x: tensor([1, 2]).mul(2), names: ["a"], map: new Map([[1, new Float32Array([scale])]]) };
      });
    await compute(3);
    const again = await compute(3);
    expect(calls).toBe(1);
    expect(await again.x.array()).toEqual([2, 4]);
    expect(again.x.dtype).toBe("float32");
    expect([again.names, again.map]).toEqual([["a"], new Map([[1, new Float32Array([3])]])]);
    await compute(4);
    expect(calls).toBe(2);
    expect(await cache("parts/features", { scale: 4 }, () => 5)).toBe(5);
    // One entry a key: older ones are not kept.
    expect(readdirSync("runs/.cache")).toHaveLength(1);
  });

  it("a damaged entry is computed again; undefined is a value", async () => {
    let calls = 0;
    const compute = () => cache("k", 1, () => void calls++);
    await compute();
    await compute();
    expect(calls).toBe(1);
    const [file] = readdirSync("runs/.cache");
    writeFileSync(
      join("runs/.cache", file as string),
      readFileSync(join("runs/.cache", file as string)).subarray(0, 3),
    );
    await compute();
    expect(calls).toBe(2);
  });

  it("what cannot be kept is an error, and an error of the function is not kept", async () => {
    await expect(cache("k", 1, () => () => 1)).rejects.toThrow(/cannot be kept[\s\S]*stateDict/);
    await expect(
      cache("k", 1, () => {
        throw new RangeError("no");
      }),
    ).rejects.toThrow(RangeError);
    await expect(cache("../k", 1, () => 1)).rejects.toThrow(OptionError);
  });
});
