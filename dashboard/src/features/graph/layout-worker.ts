/** Lays graphs out beside the page, which stays quick meanwhile. */

import { layOut } from "./layered-layout";
import type { Shape } from "./layout";

self.onmessage = ({ data }: MessageEvent<Shape>) => {
  self.postMessage(layOut(data));
};
