// What the peers' scripts share: the workloads' sizes, timing within a budget, rows as JSON lines.

export const CONVS = [
  ["a", 64, 1, 32, 28, 3, 1, 1],
  ["b", 64, 32, 64, 14, 3, 1, 1],
  ["c", 16, 64, 64, 56, 3, 1, 1],
  ["d", 16, 256, 256, 14, 3, 1, 1],
  ["e", 16, 256, 64, 28, 1, 0, 1],
  ["f", 16, 128, 128, 28, 3, 1, 128],
].map(([name, batch, channels, filters, size, kernel, padding, groups]) => ({
  name,
  batch,
  channels,
  filters,
  size,
  kernel,
  padding,
  groups,
  flops: (2 * batch * filters * size * size * channels * kernel * kernel) / groups,
}));

export const [what, seconds] = [process.argv[2].split(","), Number(process.argv[3])];

export function values(length, scale = 0.1) {
  return Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898) * scale);
}

/** Runs the work until the budget is spent, once at least, and prints a row; what it cannot do is a row that says so. */
export async function row(common, what, name, work, extra = () => ({})) {
  try {
    const first = performance.now();
    await work();
    const warm = performance.now() - first;
    if (warm < seconds * 1e3) for (let i = 0; i < 2; i++) await work();
    // A first run that compiles is no measurement; one of half a minute is, as a second would say the same.
    const again = warm < 30e3;
    const times = again ? [] : [warm];
    const start = performance.now();
    while (again && (times.length < 1 || performance.now() - start < seconds * 1e3) && times.length < 1000) {
      const t = performance.now();
      await work();
      times.push(performance.now() - t);
    }
    times.sort((a, b) => a - b);
    const at = (q) => times[Math.min(times.length - 1, Math.floor(times.length * q))];
    const ms = at(0.5);
    print({ ...common, what, case: name, ms, p10: at(0.1), p90: at(0.9), n: times.length, ...extra(ms) });
  } catch (error) {
    print({
      ...common,
      what,
      case: name,
      cannot: String(error?.message ?? error)
        .split("\n")[0]
        .slice(0, 200),
    });
  }
}

const round = (value) => (typeof value === "number" ? Math.round(value * 1e4) / 1e4 : value);
const print = (entries) =>
  console.log(JSON.stringify(Object.fromEntries(Object.entries(entries).map(([k, v]) => [k, round(v)]))));
