import { splitMentions } from '../mentions';
import { FileLink } from './FileLink';
import type { ItemProps } from './ItemProps';

export function UserMessage({ item }: ItemProps<'user'>) {
  return (
    <div class="user" role="group" aria-label="You" title={new Date(item.at).toLocaleString()}>
      {splitMentions(item.text).map((piece, place) =>
        piece.path === undefined ? piece.text : <FileLink key={place} path={piece.path} />,
      )}
    </div>
  );
}
