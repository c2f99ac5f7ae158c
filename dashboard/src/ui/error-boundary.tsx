import { Component, type ReactNode } from "react";
import { Failure } from "./states";

interface State {
  readonly error: unknown;
  readonly hasFailed: boolean;
}

/** Keeps the failure of one pane from taking the others with it. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: undefined, hasFailed: false };

  static getDerivedStateFromError(error: unknown): State {
    return { error, hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <Failure
        title="This part of the page failed"
        error={this.state.error}
        onRetry={() => this.setState({ error: undefined, hasFailed: false })}
      />
    );
  }
}
