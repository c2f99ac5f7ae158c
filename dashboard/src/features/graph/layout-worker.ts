/** Lays graphs out beside the page, which stays quick meanwhile. */

import { layOut, type Shape } from "./layout";

self.onmessage = ({ data }: MessageEvent<Shape>) => {
  self.postMessage(layOut(data));
};
