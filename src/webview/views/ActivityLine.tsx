import { useSelect } from './ChatContext';

/** What the running turn does while nothing of it streams: it thinks, or waits for its provider. */
export function ActivityLine() {
  const running = useSelect((state) => state.session?.state === 'running');
  const activity = useSelect((state) => state.session?.activity ?? '');
  if (!running) return null;
  return (
    <div class="activity" role="status">
      {activity !== '' && <span class="shimmer">{activity}…</span>}
    </div>
  );
}
