// A page of figures in the admin.

import { drawCharts } from "#chat/chart.js";
import { followFigures } from "#chat/live-figures.js";

drawCharts();
followFigures();
