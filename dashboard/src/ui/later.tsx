/** Components whose code is loaded when they are first shown, or before. */

import { createElement, useEffect, useState, type ComponentType } from "react";
import { Waiting } from "./states";

export interface Later<Props extends object> {
  readonly Component: ComponentType<Props>;
  /** Load the code now; raises what kept it from coming. */
  readonly load: () => Promise<unknown>;
}

/**
 * Return a component that shows another as soon as its code is there.
 *
 * Not by `lazy` and `Suspense`: what has shown a fallback once is held back by React for a third of a second, though
 * the code may be there with the next frame.
 */
export function later<Props extends object>(
  read: () => Promise<{ default: ComponentType<Props> }>,
): Later<Props> {
  let loaded: ComponentType<Props> | undefined;
  let loading: Promise<void> | undefined;
  const load = () => {
    loading ??= read().then(
      (module) => {
        loaded = module.default;
      },
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  function Component(props: Props) {
    const [isLoaded, setLoaded] = useState(loaded !== undefined);
    const [failure, setFailure] = useState<{ readonly error: unknown }>();
    useEffect(() => {
      if (isLoaded) return undefined;
      let isLeft = false;
      load().then(
        () => isLeft || setLoaded(true),
        (error: unknown) => isLeft || setFailure({ error }),
      );
      return () => {
        isLeft = true;
      };
    }, [isLoaded]);
    if (failure) throw failure.error;
    return isLoaded && loaded ? createElement(loaded, props) : <Waiting />;
  }
  return { Component, load };
}
