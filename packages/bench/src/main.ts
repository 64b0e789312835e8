/**
 * The benchmark: `npm run bench -- --what W1,W2 --threads 2 --seconds 1.5 [--batch B] [--executor wasm|reference]`.
 * JSON lines on standard output, progress on standard error.
 *
 * `--what W6 [--node PATH]` times the first step of a process, `--what epoch` one epoch of MNIST. `--profile` says where
 * the time goes, with shares of a peak that is measured or given (`--peak GFLOP/s`). `--peers` runs the work on other
 * libraries, `--pytorch PYTHON` on PyTorch. `--table` measures all that, in turn, and puts it into the README as a table;
 * with `--rows FILE,…` it takes lines that were measured before.
 */

import { parseArgs } from "node:util";
import { measurePeak, Profile, wasmExecutor } from "@prewitt/wasm";
import { session, useExecutor } from "prewitt";
import { firstStep } from "./first-step/first-step.ts";
import { measureRows, tableOf } from "./full-table.ts";
import { measure } from "./measure.ts";
import { peers } from "./peers/peers.ts";
import { pytorch } from "./pytorch.ts";
import { emit, peakMemory, say } from "./row.ts";
import type { Workload } from "./workload.ts";
import { convWorkload } from "./workloads/conv.ts";
import { epoch } from "./workloads/epoch.ts";
import { matmulWorkload } from "./workloads/matmul.ts";
import { mnistInference, mnistTraining } from "./workloads/mnist-cnn.ts";
import { perceptronWorkload } from "./workloads/perceptron.ts";
import { resnetInference, resnetTraining } from "./workloads/resnet.ts";

const workloads: readonly Workload[] = [
  matmulWorkload,
  convWorkload,
  mnistTraining,
  resnetTraining,
  mnistInference,
  resnetInference,
  perceptronWorkload,
]; // prettier-ignore

const { values } = parseArgs({
  options: {
    what: { type: "string", default: "W1,W2,W3,W4" },
    threads: { type: "string", default: "1" },
    seconds: { type: "string", default: "1.5" },
    batch: { type: "string" },
    executor: { type: "string", default: "wasm" },
    profile: { type: "boolean", default: false },
    peak: { type: "string" },
    node: { type: "string", default: process.execPath },
    peers: { type: "boolean", default: false },
    pytorch: { type: "string" },
    table: { type: "boolean", default: false },
    rows: { type: "string" },
  },
});

const threads = Number(values.threads);
const seconds = Number(values.seconds);
session.threads = threads;
const wasm = wasmExecutor({ threads });
useExecutor(values.executor === "reference" ? "reference" : wasm);

/** Prints where the time of a case goes, kernel by kernel. */
function profileOf(name: string, run: () => void): void {
  const peak = values.peak === undefined ? measurePeak(wasm) : Number(values.peak);
  const profile = new Profile({ peak });
  wasm.profile = profile;
  for (let i = 0; i < 20; i++) run();
  wasm.profile = undefined;
  say(`${name}, 20 runs\n${profile}`);
}

const common = { peer: "prewitt", version: "0.1.0", threads };
async function measureAll(): Promise<void> {
  for (const what of values.what.split(",")) {
    if (what === "W6") {
      firstStep(common, threads, values.node);
      continue;
    }
    if (what === "epoch") {
      await epoch(common);
      continue;
    }
    const workload = workloads.find((w) => w.what === what);
    if (workload === undefined) {
      say(
        `no workload ${what}; there are ${workloads.map((w) => `${w.what} (${w.about})`).join(", ")}, W6 (first step of a process), epoch (all of MNIST)`,
      );
      process.exitCode = 2;
      continue;
    }
    say(`${what}: ${workload.about}`);
    for (const work of workload.cases({ batch: values.batch === undefined ? undefined : Number(values.batch) })) {
      const tuning = (): boolean => !wasm.tuner.finished;
      const timing = measure(work.run, { seconds, warmup: Math.min(2, seconds), tuning });
      if (values.profile) profileOf(work.name, work.run);
      emit(
        {
          what,
          case: work.name,
          ...timing,
          ...(work.flops === undefined ? {} : { gflops: work.flops / timing.ms / 1e6 }),
          ...(work.items === undefined ? {} : { ips: (work.items / timing.ms) * 1e3 }),
          ...(work.memory === true ? { rss_mb: peakMemory() } : {}),
        },
        common,
      );
    }
  }
}

if (values.table) {
  const { pytorch, peers } = values;
  const what = values.what.split(",");
  tableOf(values.rows?.split(",") ?? [measureRows({ what, threads, seconds, pytorch, peers })]);
} else if (values.peers) peers(values.what.split(","), seconds);
else if (values.pytorch !== undefined) pytorch(values.pytorch, values.what.split(","), threads, seconds);
else await measureAll();
