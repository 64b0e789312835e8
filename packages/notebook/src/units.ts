/**
 * Numbers as a reader of a training run wants them.
 */

/** A metric at four significant digits: `0.3124`, `12,346`, `1.235e-7`; integers whole. */
export function formatMetric(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e12) return value.toLocaleString("en-US");
  if (Math.abs(value) >= 1e4 && Math.abs(value) < 1e12) return Math.round(value).toLocaleString("en-US");
  return value.toPrecision(4);
}

/** Things per second: `1,234`, `12.3`, `0.5`. */
export function formatRate(perSecond: number): string {
  if (perSecond >= 100) return Math.round(perSecond).toLocaleString("en-US");
  return perSecond >= 10 ? perSecond.toFixed(1) : perSecond.toFixed(2);
}

/** `0:07`, `12:30`, `1:02:05`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (n: number): string => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
