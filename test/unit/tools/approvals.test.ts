import assert from 'node:assert/strict';
import type { AgentIdentity, ApprovalRequest } from '../../../src/agent/tool';
import { isAllowedCommand } from '../../../src/tools/allowedCommands';
import { Approvals, type ApprovalSettings } from '../../../src/tools/approvals';

const ASK: ApprovalSettings = { edits: 'ask', commands: 'ask', allowedCommands: [] };

const agent = (sessionId = 'one', childId?: string): AgentIdentity => ({
  sessionId,
  depth: childId === undefined ? 0 : 1,
  label: childId ?? 'Main agent',
  ...(childId === undefined ? {} : { childId }),
});
const edit = (subject = 'a.ts'): ApprovalRequest => ({ kind: 'edit', action: 'edit a file', subject });
const command = (subject: string, action = 'run a command'): ApprovalRequest => ({ kind: 'command', action, subject });
const never = () => new AbortController().signal;

/** Requests, and gives the id under which the request waits. */
function requestAndWait(approvals: Approvals, request: ApprovalRequest, by = agent(), signal = never()) {
  const decision = approvals.request(by, request, signal);
  const id = approvals.pending().at(-1)?.id ?? '';
  return { decision, id };
}

describe('Approvals', () => {
  it('wait for the user, and say who asks what since when', async () => {
    const approvals = new Approvals(() => ASK, { now: () => 42, after: () => ({ dispose() {} }) });
    const { decision, id } = requestAndWait(approvals, command('npm test'), agent('one', 'child_1'));
    assert.deepEqual(approvals.pending(), [
      { id, agent: agent('one', 'child_1'), request: command('npm test'), at: 42 },
    ]);
    assert.equal(approvals.decide(id, 'approve'), true);
    assert.deepEqual(await decision, { approved: true });
    assert.deepEqual(approvals.pending(), []);
  });

  it('ask for no edit of an agent in a worktree, which the user reviews as a whole, but for its commands', async () => {
    const isolated: AgentIdentity = { ...agent('one', 'child_1'), isolated: true };
    const asking = new Approvals(() => ASK);
    assert.deepEqual(await asking.request(isolated, edit(), never()), { approved: true });
    const { decision, id } = requestAndWait(asking, command('ls'), isolated);
    asking.decide(id, 'deny');
    assert.deepEqual(await decision, { approved: false });
    const denying = new Approvals(() => ({ ...ASK, edits: 'deny' }));
    assert.equal((await denying.request(isolated, edit(), never())).approved, false);
  });

  it('pass on why the user denied', async () => {
    const approvals = new Approvals(() => ASK);
    const first = requestAndWait(approvals, edit());
    approvals.decide(first.id, 'deny', 'not now');
    assert.deepEqual(await first.decision, { approved: false, reason: 'not now' });
    const second = requestAndWait(approvals, edit());
    approvals.decide(second.id, 'deny');
    assert.deepEqual(await second.decision, { approved: false });
  });

  for (const [settings, request, outcome] of [
    [{}, edit(), 'waits'],
    [{}, command('ls'), 'waits'],
    [{ edits: 'allow' }, edit(), 'approved'],
    [{ edits: 'allow' }, command('ls'), 'waits'],
    [{ edits: 'deny' }, edit(), 'denied'],
    [{ edits: 'deny' }, command('ls'), 'waits'],
    [{ commands: 'allow' }, command('rm -rf x; ls'), 'approved'],
    [{ commands: 'allow' }, edit(), 'waits'],
    [{ commands: 'deny' }, command('ls'), 'denied'],
    [{ commands: 'deny', allowedCommands: ['ls'] }, command('ls'), 'denied'],
    [{ allowedCommands: ['ls'] }, command('ls -l'), 'approved'],
    [{ allowedCommands: ['ls'] }, command('ls; rm x'), 'waits'],
    [{ allowedCommands: ['a.ts'] }, edit('a.ts'), 'waits'],
  ] as const) {
    it(`with ${JSON.stringify(settings)}: ${request.kind} ${request.subject} ${outcome}`, async () => {
      const approvals = new Approvals(() => ({ ...ASK, ...settings }));
      const turn = new AbortController();
      const decision = approvals.request(agent(), request, turn.signal).then(
        ({ approved }) => (approved ? 'approved' : 'denied'),
        () => 'waits',
      );
      assert.equal(approvals.pending().length, outcome === 'waits' ? 1 : 0);
      turn.abort();
      assert.equal(await decision, outcome);
    });
  }

  it('say which setting denied', async () => {
    const approvals = new Approvals(() => ({ ...ASK, commands: 'deny' }));
    assert.deepEqual(await approvals.request(agent(), command('ls'), never()), {
      approved: false,
      reason: 'fanout.approvals.commands is set to deny.',
    });
  });

  it('always for an edit covers all edits of that session, those of its children and those already waiting', async () => {
    const approvals = new Approvals(() => ASK);
    const first = requestAndWait(approvals, edit('a.ts'));
    const ofChild = requestAndWait(approvals, edit('b.ts'), agent('one', 'child_1'));
    const ofOther = requestAndWait(approvals, edit('a.ts'), agent('two'));
    const ofCommand = requestAndWait(approvals, command('ls'));
    approvals.decide(first.id, 'always');
    assert.deepEqual(await Promise.all([first.decision, ofChild.decision]), [{ approved: true }, { approved: true }]);
    assert.deepEqual(
      approvals.pending().map(({ id }) => id),
      [ofOther.id, ofCommand.id],
    );
    assert.deepEqual(await approvals.request(agent(), edit('c.ts'), never()), { approved: true });
  });

  it('always for a command covers that exact command in that folder only', async () => {
    const approvals = new Approvals(() => ASK);
    const first = requestAndWait(approvals, command('npm test'));
    approvals.decide(first.id, 'always');
    assert.deepEqual(await approvals.request(agent(), command('npm test'), never()), { approved: true });
    for (const other of [command('npm test '), command('npm test', 'run a command in packages/app')]) {
      const { id } = requestAndWait(approvals, other);
      assert.notEqual(id, '');
      approvals.decide(id, 'deny');
    }
  });

  it('a setting of deny is stronger than an earlier always', async () => {
    let settings = ASK;
    const approvals = new Approvals(() => settings);
    approvals.decide(requestAndWait(approvals, edit()).id, 'always');
    settings = { ...ASK, edits: 'deny' };
    assert.equal((await approvals.request(agent(), edit(), never())).approved, false);
  });

  it('are withdrawn when the agent is interrupted', async () => {
    const approvals = new Approvals(() => ASK);
    const turn = new AbortController();
    const { decision, id } = requestAndWait(approvals, edit(), agent(), turn.signal);
    turn.abort(new Error('stopped'));
    await assert.rejects(decision, /stopped/);
    assert.deepEqual(approvals.pending(), []);
    assert.equal(approvals.decide(id, 'approve'), false);
    await assert.rejects(approvals.request(agent(), edit(), turn.signal), /stopped/);
  });

  it('ignore a second answer, and one for an id that they do not know', async () => {
    const approvals = new Approvals(() => ASK);
    const { decision, id } = requestAndWait(approvals, edit());
    assert.equal(approvals.decide('no such id', 'approve'), false);
    assert.equal(approvals.decide(id, 'deny'), true);
    assert.equal(approvals.decide(id, 'approve'), false);
    assert.equal((await decision).approved, false);
  });

  it('C28 are answered by decide and by nothing else', async () => {
    let settings = ASK;
    const approvals = new Approvals(() => settings);
    const waiting = requestAndWait(approvals, command('npm test'));
    const other = requestAndWait(approvals, command('npm run build'), agent('one', 'child_1'));
    // A change of the settings, other requests and the answers to them leave it waiting.
    settings = { ...ASK, commands: 'allow', allowedCommands: ['npm test'] };
    assert.deepEqual(await approvals.request(agent(), command('npm test'), never()), { approved: true });
    approvals.decide(other.id, 'approve');
    assert.deepEqual(
      approvals.pending().map(({ id }) => id),
      [waiting.id],
    );
    approvals.decide(waiting.id, 'deny', 'no');
    assert.deepEqual(await waiting.decision, { approved: false, reason: 'no' });
  });

  it('tell when a request starts and ceases to wait, after the fact', async () => {
    const approvals = new Approvals(() => ASK);
    const counts: number[] = [];
    const subscription = approvals.onDidChange(() => counts.push(approvals.pending().length));
    const turn = new AbortController();
    const first = requestAndWait(approvals, edit());
    const second = requestAndWait(approvals, edit(), agent(), turn.signal);
    approvals.decide(first.id, 'approve');
    turn.abort();
    await assert.rejects(second.decision);
    assert.deepEqual(counts, [1, 2, 1, 0]);
    subscription.dispose();
  });
});

describe('The list of allowed commands', () => {
  const allowed = ['npm test', 'git status', 'npm run *', 'make && make check', '  ', '*'];
  for (const [line, expected] of [
    ['npm test', true],
    ['  npm test  ', true],
    ['npm test -- --watch', true],
    ['npm test\t-x', true],
    ['npm run build', true],
    ['npm run', true],
    ['make && make check', true],
    ['npm test-all', false],
    ['npm', false],
    ['npm  test', false],
    ['FOO=1 npm test', false],
    ['make && make check && rm x', false],
    ['make', false],
    ['npm test; rm x', false],
    ['npm test && rm x', false],
    ['npm test | sh', false],
    ['npm test > file', false],
    ['npm test < file', false],
    ['npm test $(rm x)', false],
    ['npm test `rm x`', false],
    ['npm test\nrm x', false],
    ['npm test & rm x', false],
    ['npm test <(rm x)', false],
    ['ls', false],
    ['', false],
  ] as const) {
    it(`${expected ? 'covers' : 'does not cover'} ${JSON.stringify(line)}`, () => {
      assert.equal(isAllowedCommand(line, allowed), expected);
    });
  }
});
