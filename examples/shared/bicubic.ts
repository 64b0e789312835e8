/**
 * Resizing by cubic convolution (R. Keys, "Cubic convolution interpolation for digital image processing", 1981, a = −½), as a
 * matrix for the rows and one for the columns: y = R x Cᵀ. Going smaller, the kernel is stretched with the pixels, so that
 * nothing aliases; that is how the low-resolution pictures of super-resolution data sets are made.
 */

import { type Tensor, tensor } from "prewitt";

function cubic(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return 1.5 * d ** 3 - 2.5 * d ** 2 + 1;
  return d < 2 ? -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2 : 0;
}

/** Weights [to, from] of one axis; at the edges the outermost pixel is repeated. */
function resizeMatrix(from: number, to: number): Tensor {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale - 0.5;
    const first = Math.ceil(centre - 2 * stretch);
    const taps = Array.from({ length: Math.floor(4 * stretch) + 1 }, (_, k) => cubic((first + k - centre) / stretch));
    const sum = taps.reduce((a, b) => a + b);
    taps.forEach((tap, k) => {
      const at = i * from + Math.min(from - 1, Math.max(0, first + k));
      weights[at] = (weights[at] as number) + tap / sum;
    });
  }
  return tensor(weights, { shape: [to, from], copy: false });
}

/** Images [N, C, H, W] to [N, C, height, width]. */
export function bicubic(x: Tensor, height: number, width: number): Tensor {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const columns = x.reshape([n * c * h, w]).matmul(resizeMatrix(w, width).transpose());
  const standing = columns
    .reshape([n * c, h, width])
    .transpose([1, 0, 2])
    .reshape([h, n * c * width]);
  const rows = resizeMatrix(h, height).matmul(standing);
  return rows
    .reshape([height, n * c, width])
    .transpose([1, 0, 2])
    .reshape([n, c, height, width]);
}
