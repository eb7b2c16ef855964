import { Component, type ComponentChildren, type FunctionComponent, h, type JSX } from 'preact';

/** A component that renders again only when one of its props is another value than before (or a signal it read changed). */
export function memo<P extends object>(render: (props: P) => ComponentChildren): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const before: Record<string, unknown> = { ...this.props };
      return Object.entries(next).some(([key, value]) => before[key] !== value);
    }

    override render(props: P): JSX.Element {
      return h(render as FunctionComponent<P>, props);
    }
  }
  return Memo as unknown as FunctionComponent<P>;
}
