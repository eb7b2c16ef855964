import { Component, type ComponentChildren } from 'preact';
import { Icon } from './Icon';

interface Props {
  /** What is inside, as the beginning of a sentence. */
  readonly what: string;
  readonly children: ComponentChildren;
}

/** Shows a line in place of what cannot be shown, so that one broken part never takes the rest of the view with it. */
export class Faultless extends Component<Props, { readonly fault?: string }> {
  override state: { readonly fault?: string } = {};

  override componentDidCatch(error: unknown): void {
    // Told as what nobody caught: in the log, and where the view can be loaded anew.
    reportError(error);
    this.setState({ fault: error instanceof Error ? error.message : String(error) });
  }

  override render({ what, children }: Props, { fault }: { readonly fault?: string }) {
    if (fault === undefined) return children;
    return (
      <div class="notice notice-error" role="alert">
        <Icon name="error" />
        <span>
          {what} cannot be shown: {fault}
        </span>
      </div>
    );
  }
}
