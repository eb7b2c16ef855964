import assert from 'node:assert/strict';
import { createTools, toolsInSets, TOOLSETS } from '../../../src/tools/toolsets';
import { TemporaryWorkspace } from './temporaryWorkspace';

describe('Toolsets', () => {
  it('hold every coding tool exactly once between them', async () => {
    await using project = await TemporaryWorkspace.of({});
    const tools = createTools(project.workspace);
    const names = tools.map(({ name }) => name);
    assert.deepEqual(TOOLSETS.flatMap((set) => set.tools).sort(), names.toSorted());
    assert.deepEqual(toolsInSets(tools, ['read', 'edit', 'run']), tools);
  });

  it('C45 give the tools of the named sets, and none for a name that they do not know', async () => {
    await using project = await TemporaryWorkspace.of({});
    const namesIn = (...sets: string[]) => toolsInSets(createTools(project.workspace), sets).map(({ name }) => name);
    assert.deepEqual(namesIn('edit', 'run'), ['edit_file', 'write_file', 'run_command']);
    assert.deepEqual(namesIn('read', 'nonsense').length, 5);
    assert.deepEqual(namesIn(), []);
  });

  it('describe every parameter of every tool to the model, and name the target of a call', async () => {
    await using project = await TemporaryWorkspace.of({});
    for (const tool of createTools(project.workspace)) {
      for (const [name, property] of Object.entries(tool.inputSchema.properties ?? {})) {
        const described = typeof property === 'object' && (property.description ?? property.items);
        assert.ok(described, `${tool.name}.${name}`);
      }
      assert.equal(
        tool.target({ path: 'p', pattern: 'p', command: 'p', content: '', edits: [{ search: '', replace: '' }] }),
        'p',
      );
      assert.equal(typeof tool.target('nonsense'), 'string');
    }
  });
});
