import { useEffect, useState } from "react";

/** Return whether so much time has passed since the first sight: what is there sooner needs no word that it is coming. */
export function useDelay(ms: number): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setOver(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return isOver;
}
