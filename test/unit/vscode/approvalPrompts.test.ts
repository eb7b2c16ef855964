import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { AgentIdentity, ApprovalRequest } from '../../../src/agent/tool';
import { Approvals } from '../../../src/tools/approvals';
import { promptForApprovals } from '../../../src/vscode/approvalPrompts';
import { RecordedPrompts } from '../../fakes/recordedPrompts';

const child: AgentIdentity = {
  sessionId: 's',
  depth: 1,
  delegationId: 'deleg_1',
  childId: 'deleg_1.1',
  label: 'Test it',
};
const main: AgentIdentity = { sessionId: 's', depth: 0, label: 'Main agent' };

function start(chatShown = false) {
  const approvals = new Approvals(() => ({ edits: 'ask', commands: 'ask', allowedCommands: [] }));
  const prompts = new RecordedPrompts([], { wait: true });
  const shown: string[] = [];
  const errors: unknown[] = [];
  promptForApprovals({
    approvals,
    prompts,
    chatShows: () => chatShown,
    show: async ({ id }) => shown.push(id),
    onError: (_message, error) => errors.push(error),
  });
  const run = (agent: AgentIdentity, subject: string) =>
    approvals.request(agent, command(subject), new AbortController().signal);
  return { approvals, prompts, shown, errors, run };
}

function command(subject: string): ApprovalRequest {
  return { kind: 'command', action: 'run a command', subject };
}

describe('the notification of an approval', () => {
  it('names the agent and the exact command, once', async () => {
    const { prompts, run } = start();
    const first = run(child, 'npm test');
    const second = run(child, 'npm run lint');
    assert.deepEqual(prompts.messages, [
      'Fanout: “Test it” wants to run a command: npm test',
      'Fanout: “Test it” wants to run a command: npm run lint',
    ]);
    prompts.shown[0]?.click('Approve');
    assert.deepEqual(await first, { approved: true });
    prompts.shown[1]?.click('Deny');
    assert.deepEqual(await second, { approved: false });
    assert.equal(prompts.shown.length, 2);
  });

  it('changes nothing when it was decided elsewhere, and says so', async () => {
    const { approvals, prompts, run } = start();
    const asked = run(child, 'npm test');
    const [pending] = approvals.pending();
    approvals.decide(pending?.id ?? '', 'deny');
    assert.deepEqual(await asked, { approved: false });
    prompts.shown[0]?.click('Approve');
    await setImmediate();
    assert.match(prompts.messages[1] ?? '', /decided elsewhere/);
  });

  it('only shows where to look when that is asked for', async () => {
    const { approvals, prompts, shown, run } = start();
    void run(child, 'npm test');
    prompts.shown[0]?.click('Show');
    await setImmediate();
    assert.deepEqual(shown, [approvals.pending()[0]?.id]);
  });

  it('of the session’s own agent comes only while nobody sees its chat', () => {
    const seen = start(true);
    void seen.run(main, 'npm test');
    assert.deepEqual(seen.prompts.messages, []);
    void seen.run(child, 'npm test');
    assert.equal(seen.prompts.messages.length, 1);
    const unseen = start(false);
    void unseen.run(main, 'npm test');
    assert.deepEqual(unseen.prompts.messages, ['Fanout: Main agent wants to run a command: npm test']);
  });

  it('offers no approval of a command that it cannot show whole', () => {
    const { prompts, run } = start();
    void run(child, `echo ${'a'.repeat(1000)}; rm -rf .`);
    assert.deepEqual(prompts.shown[0]?.buttons, ['Deny', 'Show']);
    assert.match(prompts.messages[0] ?? '', /more characters\)$/);
  });

  it('shows what a command tries to hide', () => {
    const { prompts, run } = start();
    void run(child, 'echo hi\nrm -rf . #\u202e');
    assert.match(prompts.messages[0] ?? '', /echo hi ⏎ rm -rf \. #\\u\{202e\}$/);
  });
});
