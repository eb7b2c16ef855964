import { useChat, useSelect } from './ChatContext';

const EXAMPLES = [
  'Delegate these in the background: summarise src/cart.ts; count the TODOs in src; list the tests',
  'What is in this project, and how is it built?',
  'Find every TODO and say which one matters most',
];

export function EmptyState() {
  const chat = useChat();
  const trusted = useSelect((state) => state.trusted);
  return (
    <div class="empty">
      <h2>Hand work to background agents</h2>
      <p>Ask for something, or for several things at once. Each runs on an agent of its own while you go on here.</p>
      <p>When all are done, their results come back into this conversation together.</p>
      <div class="examples">
        {EXAMPLES.map((example) => (
          <button key={example} type="button" class="example" disabled={!trusted} onClick={() => chat.send(example)}>
            {example}
          </button>
        ))}
      </div>
    </div>
  );
}
