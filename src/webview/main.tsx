import '@vscode/codicons/dist/codicon.css';
import './styles/main.css';
import { render } from 'preact';
import { Chat } from './chat';
import { faultDetail, faultText } from './faultText';
import { connectToHost } from './port';
import { isOver } from './status';
import { createTicker } from './ticker';
import { App } from './views/App';

const chat = new Chat(connectToHost(), (run) => requestAnimationFrame(run));

// What nobody caught is said in a banner, and in the log: a view that silently stopped working helps nobody.
const report = (error: unknown): void => {
  const text = faultText(error);
  if (text !== undefined) chat.failed(text, faultDetail(error));
};
window.addEventListener('error', (event) => report(event.error ?? event.message));
window.addEventListener('unhandledrejection', (event) => report(event.reason));

const now = createTicker(chat.select((state) => [...state.delegations.values()].some(({ status }) => !isOver(status))));
const root = document.getElementById('app');
if (!root) throw new Error('The page has no element with the id "app".');
render(<App scope={{ chat, now }} />, root);
chat.start();
