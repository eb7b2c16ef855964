import { formatCount } from '../format';
import { useChat, useSelect } from './ChatContext';
import { IconButton } from './IconButton';
import { ModelPicker } from './ModelPicker';

/** Below the message: the model, how full its context is, stop and send. */
export function ComposerFoot({ onSend }: { readonly onSend: () => void }) {
  const chat = useChat();
  const running = useSelect((state) => state.session?.state === 'running');
  const empty = chat.draft.value.trim() === '';
  return (
    <div class="composer-foot">
      <ModelPicker />
      <ContextUsage />
      <span class="spring" />
      {running && (
        <IconButton icon="stop-circle" label="Stop" class="stop" onClick={() => chat.post({ type: 'stop' })} />
      )}
      <IconButton icon="send" label="Send" class="send" disabled={empty} onClick={onSend} />
    </div>
  );
}

function ContextUsage() {
  const used = useSelect((state) => state.session?.contextTokens ?? 0);
  const window = useSelect((state) => state.session?.contextWindow ?? 0);
  if (used === 0 || window === 0) return null;
  return (
    <span class="meta context" title={`${formatCount(used)} of ${formatCount(window)} tokens`}>
      {Math.min(100, Math.round((used / window) * 100))}% of context
    </span>
  );
}
