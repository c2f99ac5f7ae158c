import { useMemo, type PointerEvent } from "react";
import { classNames } from "@/ui/class-names";
import { toneClasses } from "@/ui/status";
import type { Flow } from "./flow";
import { BOX_HEIGHT, BOX_WIDTH, type Layout, type Point } from "./layout";
import type { Size, Viewport } from "./viewport";

const WIDTH = 176;
const HEIGHT = 120;

interface OverviewProps {
  readonly flow: Flow;
  readonly layout: Layout;
  readonly view: Viewport;
  readonly size: Size;
  readonly onLook: (at: Point) => void;
  readonly className?: string;
}

/** All of the graph in small, with what is seen of it; a press leads there. Keys lead there too, so it is for pointers. */
export function Overview({ flow, layout, view, size, onLook, className }: OverviewProps) {
  const scale = Math.min(WIDTH / Math.max(1, layout.width), HEIGHT / Math.max(1, layout.height));
  const [width, height] = [Math.max(12, layout.width * scale), Math.max(12, layout.height * scale)];
  const boxes = useMemo(
    () =>
      flow.boxes.map((box) => {
        const place = layout.boxes.get(box.id);
        return place ? (
          <rect
            key={box.id}
            x={(place.x - BOX_WIDTH / 2) * scale}
            y={(place.y - BOX_HEIGHT / 2) * scale}
            width={Math.max(2, BOX_WIDTH * scale)}
            height={Math.max(2, BOX_HEIGHT * scale)}
            rx={1}
            fill="currentColor"
            opacity={box.hasRun ? 0.75 : 0.3}
            className={toneClasses(box.status).text}
          />
        ) : null;
      }),
    [flow, layout, scale],
  );
  const look = (event: PointerEvent<HTMLDivElement>) => {
    if (event.buttons === 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const at = event.currentTarget.getBoundingClientRect();
    onLook({ x: (event.clientX - at.left - 8) / scale, y: (event.clientY - at.top - 8) / scale });
  };
  return (
    <div
      aria-hidden
      onPointerDown={look}
      onPointerMove={look}
      className={classNames(
        "absolute right-3 bottom-3 cursor-crosshair touch-none overflow-hidden rounded-md bg-raised p-2 shadow-pop max-sm:hidden",
        className,
      )}
    >
      <svg width={width} height={height} className="block">
        {boxes}
        <rect
          x={(-view.x / view.zoom) * scale}
          y={(-view.y / view.zoom) * scale}
          width={(size.width / view.zoom) * scale}
          height={(size.height / view.zoom) * scale}
          fill="currentColor"
          fillOpacity={0.1}
          stroke="currentColor"
          strokeWidth={1.5}
          className="text-accent"
        />
      </svg>
    </div>
  );
}
