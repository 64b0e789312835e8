/**
 * @prewitt/models: well-known convolutional networks, with the names of PyTorch's state dicts.
 */

export { EmbeddingNet, type EmbeddingNetOptions } from "./embedding-net.ts";
export type { InceptionOptions } from "./inception-common.ts";
export { InceptionV3, type InceptionV3Stage } from "./inception-v3.ts";
export { LeNet5, type LeNet5Options } from "./lenet5.ts";
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
