// What pages gain where scripts run. Everything works without; each part looks for its own marks in the page.
import { startCopying } from "./copy.js";
import { startCounts } from "./counts.js";
import { startFilters } from "./filters.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startMenus } from "./menus.js";
import { startTheme } from "./theme.js";

for (const start of [startMenus, startTheme, startKeys, startCopying, startCounts, startFilters, startLive]) start();
