import type { ChildView, RowAction } from '../../protocol';
import { isOver } from '../status';
import { useChat } from './ChatContext';
import { IconButton } from './IconButton';

interface Props {
  readonly child: ChildView;
  readonly onSteer: () => void;
}

/** What can be done to one child, by its state. */
export function ChildActions({ child, onSteer }: Props) {
  const chat = useChat();
  const act = (action: RowAction) => () => chat.post({ type: 'act', action, id: child.id });
  const transcript = <IconButton icon="output" label="Transcript" onClick={act('openTranscript')} />;
  return (
    <span class="actions">
      {isOver(child.status) ? (
        <>
          {!child.isKept && <IconButton icon="refresh" label="Retry" onClick={act('retry')} />}
          {transcript}
          <IconButton icon="copy" label="Copy result" onClick={act('copyResult')} />
        </>
      ) : (
        <>
          {child.status === 'running' && <IconButton icon="comment" label="Steer" onClick={onSteer} />}
          {transcript}
          <IconButton icon="close" label="Cancel" onClick={act('cancel')} />
        </>
      )}
    </span>
  );
}
