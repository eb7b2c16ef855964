import assert from 'node:assert/strict';
import { ScriptedModel } from '../../fakes/scriptedModel';
import { TestEngine } from '../../fakes/testEngine';

const notices = ({ session }: TestEngine) =>
  session.entries.flatMap(({ entry }) => (entry.role === 'notice' ? [entry] : []));

// M9
describe('the model of a conversation', () => {
  it('never changes under auto without a word', async () => {
    let name = 'ollama/qwen';
    await using fanout = new TestEngine({
      resolve: () => Promise.resolve(new ScriptedModel([`I am ${name}.`], { name })),
    });
    await fanout.say('Who are you?');
    await fanout.say('And now?');
    assert.deepEqual(notices(fanout), []);
    name = 'offline';
    await fanout.say('And now?');
    const [change, ...more] = notices(fanout);
    assert.ok(change?.text.includes('offline') && change.text.includes('ollama/qwen'));
    await fanout.say('Still?');
    assert.deepEqual([more, notices(fanout).length], [[], 1]);
    // It is told before the reply that it is about.
    const roles = fanout.session.entries.map(({ entry }) => entry.role);
    assert.deepEqual(roles.slice(-5), ['user', 'notice', 'assistant', 'user', 'assistant']);
  });

  it('that was picked by hand changes without one', async () => {
    let name = 'acme/large';
    await using fanout = new TestEngine({
      resolve: () => Promise.resolve(new ScriptedModel([`I am ${name}.`], { name })),
    });
    await fanout.say('Who are you?');
    name = 'acme/small';
    fanout.session.chooseModel(name);
    await fanout.say('And now?');
    assert.deepEqual(notices(fanout), []);
  });

  it('is told once what had better be known of it (M30)', async () => {
    await using fanout = new TestEngine({
      resolve: () => Promise.resolve(Object.assign(new ScriptedModel(['Hi.']), { caution: 'It is small.' })),
    });
    await fanout.say('Hello.');
    await fanout.say('Hello again.');
    assert.deepEqual(
      notices(fanout).map(({ level, text }) => [level, text]),
      [['warning', 'It is small.']],
    );
  });
});
