import { lookOf } from '../status';
import { useChat } from './ChatContext';
import { StatusIcon } from './Icon';
import type { ItemProps } from './ItemProps';

export function AgentsList({ item }: ItemProps<'agents'>) {
  const chat = useChat();
  if (item.rows.length === 0) return <p class="hint">No delegations in this session.</p>;
  return (
    <ul class="card agents" aria-label="Agents">
      {item.rows.map((row) => (
        <li key={row.id}>
          <button
            type="button"
            class="agent-row"
            style={{ paddingLeft: `${8 + row.level * 16}px` }}
            title="Show in the Delegations tree"
            onClick={() => chat.post({ type: 'act', action: 'reveal', id: row.id })}
          >
            <StatusIcon look={lookOf(row.status)} />
            <span class="agent-label">{row.label}</span>
            <span class="meta">
              {lookOf(row.status).label}
              {row.detail && ` · ${row.detail}`}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
