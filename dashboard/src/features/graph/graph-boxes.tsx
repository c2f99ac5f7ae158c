import { memo, useMemo, type KeyboardEvent } from "react";
import { describeWays, type Box, type Flow } from "./flow";
import { GraphBox } from "./graph-box";
import type { Layout } from "./layout";
import { isInside, type Frame } from "./viewport";

interface GraphBoxesProps {
  readonly flow: Flow;
  readonly layout: Layout;
  readonly frame: Frame;
  readonly isCoarse: boolean;
  readonly selectedId: string | undefined;
  /** The box that Tab leads to. */
  readonly stopId: string | undefined;
  readonly onOpen: (box: Box, options: { readonly replace: boolean }) => void;
  readonly onFocus: (id: string) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

/** The boxes that are in sight, and the one that has the focus. */
export const GraphBoxes = memo(function GraphBoxes(props: GraphBoxesProps) {
  const { flow, layout, frame, isCoarse, selectedId, stopId, ...actions } = props;
  const ways = useMemo(() => describeWays(flow), [flow]);
  return (
    <>
      {flow.boxes.map((box) => {
        const place = layout.boxes.get(box.id);
        if (!place || (!isInside(frame, place) && box.id !== stopId)) return null;
        return (
          <GraphBox
            key={box.id}
            box={box}
            x={place.x}
            y={place.y}
            isCoarse={isCoarse}
            isSelected={box.id === selectedId}
            isStop={box.id === stopId}
            ways={ways.get(box.id) ?? ""}
            {...actions}
          />
        );
      })}
    </>
  );
});
