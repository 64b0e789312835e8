/** Progress bars: what is shown, how often, and where. Time is faked. */

import { OptionError, zeros } from "@prewitt/core";
import { log, progress } from "@prewitt/notebook";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Pipe, plain, Terminal } from "./output.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  vi.stubEnv("NO_COLOR", "");
  vi.stubEnv("TERM", "xterm-256color");
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const steps = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe("on a terminal", () => {
  it("redraws at most ten times a second, and ends with a line that stays", () => {
    const out = new Terminal();
    for (const _ of progress(steps(1000), { out })) vi.advanceTimersByTime(1);
    // At the start, then one in each of ten tenths of a second, then the last.
    expect(out.drawn.length).toBe(12);
    expect(out.screen).toEqual(["━━━━━━━━━━━━━━━━━━━━━━━━  1000/1000  1,000 steps/s  in 0:01", ""]);
  });

  it("shows label, bar, count, metrics at four digits, images per second and time left", async () => {
    const out = new Terminal(100);
    async function* batches() {
      for (let i = 0; i < 8; i++) yield { image: zeros([32, 1, 28, 28]), label: zeros([32]) };
    }
    const bar = progress(batches(), { out, label: "epoch 1", total: 8 });
    let i = 0;
    for await (const _ of bar) {
      vi.advanceTimersByTime(1000);
      bar.set({ loss: 2.3456789 / 2 ** i++ });
    }
    expect(out.drawn[3]).toBe("epoch 1  ━━━━━━━━━───────────────  3/8  loss 0.5864  32.0 images/s  0:05 left");
    expect(out.drawn.at(-1)).toBe("epoch 1  ━━━━━━━━━━━━━━━━━━━━━━━━  8/8  loss 0.01833  32.0 images/s  in 0:08\n");
  });

  it("forecasts from the last seconds, not from a slow first step", () => {
    const out = new Terminal(100);
    let i = 0;
    for (const _ of progress(steps(100), { out })) vi.advanceTimersByTime(i++ === 0 ? 60_000 : 1000);
    expect(out.drawn[50]).toMatch(/50\/100 {2}1\.00 steps\/s {2}0:50 left/);
  });

  it("never wraps: the bar shrinks, goes, and then the text is cut", () => {
    for (const columns of [60, 40, 20, 10]) {
      const out = new Terminal(columns);
      const bar = progress(steps(5), { out, label: "training" });
      for (const i of bar) {
        vi.advanceTimersByTime(200);
        bar.set({ loss: i / 3, accuracy: "97 %" });
      }
      for (const line of out.drawn) expect(line.trimEnd().length).toBeLessThan(columns);
    }
  });

  it("has colours unless NO_COLOR is set", () => {
    const coloured = new Terminal();
    for (const _ of progress(steps(2), { out: coloured }));
    expect(plain(coloured.text)).not.toBe(coloured.text);
    vi.stubEnv("NO_COLOR", "1");
    const grey = new Terminal();
    for (const _ of progress(steps(2), { out: grey }));
    expect(plain(grey.text)).toBe(grey.text);
  });

  it("counts without a bar where the end is not known", () => {
    const out = new Terminal();
    function* endless() {
      for (let i = 0; ; i++) yield i;
    }
    for (const i of progress(endless(), { out })) {
      vi.advanceTimersByTime(500);
      if (i === 3) break;
    }
    expect(out.screen[0]).toBe("3 steps  2.00 steps/s  in 0:02");
  });

  it("log prints above the bar, which is drawn again", () => {
    const stderr = new Terminal();
    const console_ = vi.spyOn(console, "log").mockImplementation((text: string) => stderr.write(`${text}\n`));
    const bar = progress(steps(3), { out: stderr });
    for (const i of bar) {
      vi.advanceTimersByTime(200);
      if (i === 1) bar.log("half way");
    }
    expect(console_).toHaveBeenCalledWith("half way");
    expect(stderr.screen).toEqual(["half way", expect.stringContaining("3/3"), ""]);
    log("afterwards");
    expect(console_).toHaveBeenLastCalledWith("afterwards");
  });

  it("a bar inside another has the line, and the outer one gets it back", () => {
    const out = new Terminal();
    for (const _ of progress(steps(2), { out, label: "outer" })) {
      for (const _ of progress(steps(2), { out, label: "inner" })) vi.advanceTimersByTime(200);
    }
    expect(out.screen.map((line) => line.split("  ")[0])).toEqual([
      "outer 0/2 › inner",
      "outer 1/2 › inner",
      "outer",
      "",
    ]);
  });

  it("what is printed otherwise is kept above the line, and the streams are given back", () => {
    const terminal = new Terminal();
    const write = (text: string | Uint8Array): boolean => {
      terminal.write(`${text}`);
      return true;
    };
    const streams = [process.stdout, process.stderr];
    const before = streams.map((stream) => [stream.write, stream.isTTY, stream.columns] as const);
    for (const stream of streams) Object.assign(stream, { write, isTTY: true, columns: 80 });
    try {
      for (const i of progress(steps(3), { label: "steps" })) {
        vi.advanceTimersByTime(200);
        if (i === 0) process.stdout.write("printed\n");
        if (i === 1) process.stderr.write("a warning");
      }
      expect(streams.map((stream) => stream.write)).toEqual([write, write]);
    } finally {
      streams.forEach((stream, i) => {
        const [own, isTTY, columns] = before[i]!;
        Object.assign(stream, { write: own, isTTY, columns });
      });
    }
    expect(terminal.screen.map((line) => line.split("  ")[0])).toEqual(["printed", "a warning", "steps", ""]);
    expect(terminal.screen[2]).toContain("3/3");
  });
});

describe("in a pipe", () => {
  it("prints a plain line every five seconds and one at the end", () => {
    const out = new Pipe();
    const bar = progress(steps(12), { out, label: "epoch 1" });
    for (const i of bar) {
      vi.advanceTimersByTime(1000);
      bar.set({ loss: i });
    }
    expect(out.lines).toEqual([
      "epoch 1  5/12  loss 4  1.00 steps/s  0:07 left",
      "epoch 1  10/12  loss 9  1.00 steps/s  0:02 left",
      "epoch 1  12/12  loss 11  1.00 steps/s  in 0:12",
    ]);
  });

  it("a dumb terminal is a pipe", () => {
    vi.stubEnv("TERM", "dumb");
    const out = new Terminal();
    for (const _ of progress(steps(2), { out })) vi.advanceTimersByTime(1000);
    expect(out.text).toBe("2/2  1.00 steps/s  in 0:02\n");
  });
});

describe("iterating", () => {
  it("gives every item, again for every loop", async () => {
    const out = new Pipe();
    expect([...progress(steps(3), { out })]).toEqual([0, 1, 2]);
    const twice = progress(new Set(["a", "b"]), { out });
    expect([[...twice], [...twice]]).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
    expect(out.lines.at(-1)).toMatch(/^2\/2/);
  });

  it("a break ends the source and closes the bar", async () => {
    const out = new Terminal();
    let ended = false;
    async function* source() {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        ended = true;
      }
    }
    for await (const i of progress(source(), { out })) if (i === 2) break;
    expect(ended).toBe(true);
    expect(out.text.endsWith("\n")).toBe(true);
  });

  it("an error of the loop or the source closes the bar too", async () => {
    const out = new Terminal();
    const run = () => {
      for (const i of progress(steps(5), { out })) if (i === 1) throw new Error("loss is NaN");
    };
    expect(run).toThrow("loss is NaN");
    expect(out.screen.at(-2)).toContain("1/5");
    async function* broken() {
      yield 1;
      throw new Error("disk gone");
    }
    const loop = (async () => {
      for await (const _ of progress(broken(), { out }));
    })();
    await expect(loop).rejects.toThrow("disk gone");
    expect(out.text.endsWith("\n")).toBe(true);
  });

  it("metrics: integers whole, large and small numbers readable, text as it is", () => {
    const out = new Pipe();
    const bar = progress(steps(1), { out });
    for (const _ of bar) bar.set({ a: 1234567, b: 98765.4, c: 0.000012345, d: Number.NaN, e: "ok" });
    expect(out.lines[0]).toContain("a 1,234,567  b 98,765  c 0.00001234  d NaN  e ok");
  });
});

describe("wrong use", () => {
  it("says what is wrong", () => {
    expect(() => progress(steps(1), { totl: 3 } as object)).toThrow('unknown option "totl"');
    expect(() => progress(steps(1), { total: -1 })).toThrow(OptionError);
    expect(() => progress(5 as unknown as number[])).toThrow("number cannot be iterated");
    expect(() => progress(null as unknown as number[])).toThrow("null cannot be iterated");
  });
});
