// Type-checked by scripts/pack-install.mjs against the installed tarballs, with the strictest options.

import "prewitt";
import "prewitt/data";
import "prewitt/io";
import "prewitt/models";
import "prewitt/nn";
import "prewitt/notebook";
import "prewitt/reference";
import "prewitt/testing";
