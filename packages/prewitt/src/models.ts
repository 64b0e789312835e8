export * from "@prewitt/models";
