import type { ComponentChildren } from 'preact';
import type { IconName } from '../icons';
import { useChat, useSelect } from './ChatContext';
import { Icon } from './Icon';
import { IconButton } from './IconButton';

/** What concerns the whole view, below the header. */
export function Banners() {
  const chat = useChat();
  const paused = useSelect((state) => state.paused);
  const trusted = useSelect((state) => state.trusted);
  const elsewhere = useSelect((state) => state.session?.state === 'elsewhere');
  const held = useSelect((state) => state.session?.state === 'held');
  const error = useSelect((state) => state.error);
  const fault = chat.fault.value;
  return (
    <div class="banners">
      {!trusted && (
        <Banner level="warning" icon="shield" text="This workspace is not trusted, so nothing runs here.">
          <button
            type="button"
            class="button secondary"
            onClick={() => chat.post({ type: 'notice', command: 'manageTrust' })}
          >
            Manage trust
          </button>
        </Banner>
      )}
      {elsewhere && (
        <Banner level="info" icon="info" text="This session is open in another window. Here you can read along.">
          <button type="button" class="button secondary" onClick={() => chat.post({ type: 'newSession' })}>
            New session
          </button>
        </Banner>
      )}
      {held && (
        <Banner
          level="info"
          icon="info"
          text="Fanout's store is held by another program. You can read along until it is free."
        />
      )}
      {paused && (
        <Banner level="info" icon="debug-pause" text="Delegating is paused. What runs goes on.">
          <button type="button" class="button secondary" onClick={() => chat.post({ type: 'resume' })}>
            Resume
          </button>
        </Banner>
      )}
      {error !== undefined && <Dismissible text={error} />}
      {fault !== undefined && (
        <Dismissible text={`The chat view had a problem: ${fault}`}>
          <button type="button" class="button secondary" onClick={() => chat.post({ type: 'reload' })}>
            Reload View
          </button>
        </Dismissible>
      )}
    </div>
  );
}

interface BannerProps {
  readonly level: 'info' | 'warning' | 'error';
  readonly icon: IconName;
  readonly text: string;
  readonly children?: ComponentChildren;
}

function Banner({ level, icon, text, children }: BannerProps) {
  return (
    <div class={`banner banner-${level}`} role={level === 'error' ? 'alert' : 'status'}>
      <Icon name={icon} />
      <span class="banner-text">{text}</span>
      {children}
    </div>
  );
}

function Dismissible({ text, children }: { readonly text: string; readonly children?: ComponentChildren }) {
  const chat = useChat();
  return (
    <Banner level="error" icon="error" text={text}>
      {children}
      <IconButton icon="close" label="Dismiss" onClick={() => chat.dismissError()} />
    </Banner>
  );
}
