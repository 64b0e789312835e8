export * from "@prewitt/testing";
