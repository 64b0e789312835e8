// Workers that die or cannot start, timers and Ctrl-C during training: in processes of their own.

import { describe, expect, test } from "vitest";
import { runScript } from "./processes/run.ts";

async function workers(way: string): Promise<{ values: (number | string)[]; threads: number; err: string }> {
  const { code, out, err } = await runScript("workers.ts", [way]);
  expect({ code, err: code === 0 ? "" : err }).toEqual({ code: 0, err: "" });
  return { ...JSON.parse(out), err };
}

const healthy = workers("healthy");

describe.concurrent("workers", () => {
  test("two threads, and nothing to say", async ({ expect }) => {
    const { values, threads, err } = await healthy;
    expect(new Set(values).size).toBe(1);
    expect(threads).toBe(2);
    expect(err).toBe("");
  });

  test.each([
    ["ends between runs", /a worker of the wasm executor was lost \(.*exit code 1\): one thread from now on/],
    ["throws at once", /a worker of the wasm executor was lost \(no room\): one thread from now on/],
    ["cannot start", /a worker could not start \(no more threads\): one thread/],
    ["no worker threads", /a worker could not start \(this engine has no workers\): one thread/],
    ["no shared memory", /no memory can be shared with workers here: one thread/],
  ])("%s: one thread, the same values, one notice", async (way, text) => {
    const { values, threads, err } = await workers(way);
    expect(values).toEqual((await healthy).values);
    expect(threads).toBe(1);
    expect(err).toMatch(text);
    expect(err.trim().split("\n")).toHaveLength(1);
  });

  test.each([
    ["throws in a task", /worker 0 ended in the middle of a job/],
    ["exits in a task", /worker 0 ended in the middle of a job/],
    ["hangs in a task", /no worker made progress for 20 s/],
  ])("%s: that run is an error, the next one is right on one thread", async (way, text) => {
    const { values, threads } = await workers(way);
    const at = values.findIndex((value) => typeof value === "string");
    expect(values[at]).toMatch(text);
    expect(values[at]).toContain("fix: call again: the executor goes on with one thread");
    const expected = (await healthy).values[0];
    expect(values.toSpliced(at, 1)).toEqual([expected, expected]);
    expect(threads).toBe(1);
  });
});

describe("training leaves the event loop its turns", () => {
  test("a 10 ms timer keeps firing", async () => {
    const { out } = await runScript("training.ts", ["timer"]);
    const { fired, steps } = JSON.parse(out) as { fired: number; steps: number };
    expect(fired).toBeGreaterThanOrEqual(10);
    expect(steps).toBeGreaterThan(1);
  });

  test("Ctrl-C ends fit after the step", async () => {
    let sent = false;
    const { code, out } = await runScript("training.ts", ["interrupt"], {
      onOutput: (text, kill) => {
        if (!sent && text.includes("training")) kill("SIGINT");
        sent ||= text.includes("training");
      },
    });
    expect(code).toBe(0);
    expect(JSON.parse(out.trim().split("\n").at(-1) as string).steps).toBeGreaterThan(5);
  });
});
