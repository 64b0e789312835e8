#!/usr/bin/env node
/** The command `prewitt`: runs notebooks with a report, and type-checks them. */

import { main } from "@prewitt/notebook/cli";

process.exitCode = await main(process.argv.slice(2));
