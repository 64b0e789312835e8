/**
 * @prewitt/models: well-known convolutional networks, with the names of PyTorch's state dicts. `init` prepares them like any
 * module; `width` scales all of them; `featureMaps(x)` gives the values after their stages by name.
 */

export { EmbeddingNet, type EmbeddingNetOptions } from "./embedding-net.ts";
export { GoogLeNet, type GoogLeNetStage } from "./googlenet.ts";
export type { InceptionOptions } from "./inception-common.ts";
export { InceptionV3, type InceptionV3Stage } from "./inception-v3.ts";
export { LeNet5, type LeNet5Options } from "./lenet5.ts";
export { MobileNetV2, type MobileNetV2Options } from "./mobilenet-v2.ts";
export type { FeatureMaps, ModelOptions } from "./options.ts";
export { ResNet, type ResNetConfiguration, type ResNetOptions, resnet18, resnet34, resnet50 } from "./resnet.ts";
export {
  CifarResNet,
  type CifarResNetConfiguration,
  type CifarResNetOptions,
  resnet20,
  resnet32,
  resnet56,
} from "./resnet-cifar.ts";
export { UNet, type UNetOptions } from "./unet.ts";
export { VGG, type VGGConfiguration, type VGGOptions, vgg11, vgg13, vgg16, vgg19 } from "./vgg.ts";
export { type Anchor, clusterAnchors } from "./yolo/anchors.ts";
export type { YoloTargets } from "./yolo/assign.ts";
export type { DecodeOptions, Detections } from "./yolo/decode.ts";
export type { YoloLossTerms, YoloLossWeights } from "./yolo/loss.ts";
export { Yolo, type YoloOptions } from "./yolo/yolo.ts";
