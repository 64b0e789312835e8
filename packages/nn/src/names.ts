/**
 * Names under which other libraries know our options, for suggestions in errors.
 */

export const OTHER_NAMES: Readonly<Record<string, string>> = {
  lr: "learningRate",
  weight_decay: "weightDecay",
  kernel_size: "kernel",
  kernelSize: "kernel",
  poolSize: "kernel",
  in_channels: "in",
  inChannels: "in",
  in_features: "in",
  inFeatures: "in",
  num_features: "in",
  out_channels: "out",
  outChannels: "out",
  out_features: "out",
  outFeatures: "out",
  filters: "out",
  units: "out",
  strides: "stride",
  useBias: "bias",
  p: "rate",
  negative_slope: "negativeSlope",
  alpha: "negativeSlope",
  output_padding: "outputPadding",
  padding_mode: "paddingMode",
  ceil_mode: "ceilMode",
  count_include_pad: "countIncludePad",
  track_running_stats: "trackRunningStats",
  dim: "axis",
};
