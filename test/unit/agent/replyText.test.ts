import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { CALLED_IN_TEXT } from '../../../src/agent/replyLack';
import { endsWithTextCall, ThinkSplitter } from '../../../src/agent/replyText';
import { ScriptedModel } from '../../fakes/scriptedModel';
import { readCall, readFile, start, textIn } from './runHarness';

// M17
describe('thinking within the text of a reply', () => {
  it('becomes reasoning, while it streams and in the transcript', async () => {
    const model = new ScriptedModel(['<think>\nLet me see: <b>.</think>\n\nIt is there.']);
    const { outcome, transcript, events } = start(model);
    assert.equal((await outcome).text, 'It is there.');
    assert.equal(textIn(events), 'It is there.');
    const said = transcript.at(-1);
    assert.deepEqual(said?.role === 'assistant' && said.parts.map(({ type }) => type), ['reasoning', 'text']);
  });

  it('is known by its end alone, where that stands on a line of its own', async () => {
    const { outcome } = start(new ScriptedModel(['Let me see.\n</think>\n\nIt is there.']));
    assert.equal((await outcome).text, 'It is there.');
  });

  it('is known in the marks of every family, also where they stand more than once', async () => {
    for (const text of [
      '[THINK]Hm[/THINK]',
      '◁think▷Hm◁/think▷',
      '<Think>Hm</Think>',
      '<seed:think>Hm</seed:think>',
      '<think>Hm</think>\n<think>Well</think>\n\n',
      '<think></think>'.repeat(5_000),
    ]) {
      const { outcome, transcript } = start(new ScriptedModel([`${text}It is there.`]));
      assert.equal((await outcome).text, 'It is there.');
      assert.ok(text.length > 99 || JSON.stringify(transcript).includes('"reasoning"'));
    }
  });

  it('is not what a text says of such marks later on', async () => {
    const text = 'The parser drops `<think>` and `</think>`.\n\n<think>\nis its test.';
    const { outcome } = start(new ScriptedModel([text]));
    assert.equal((await outcome).text, text);
  });

  it('is found wherever the pieces of the stream begin and end', () => {
    const thought = fc.string().filter((text) => !text.includes('<'));
    fc.assert(
      fc.property(
        thought,
        fc.string(),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (inner, after, sizes) => {
          const whole = `<think>${inner}</think>${after.trim()}`;
          const splitter = new ThinkSplitter();
          const pieces: { type: string; text: string }[] = [];
          for (let at = 0, i = 0; at < whole.length; i++) {
            const size = sizes[i % sizes.length] ?? 1;
            pieces.push(...splitter.push(whole.slice(at, at + size)));
            at += size;
          }
          pieces.push(...splitter.finish());
          const all = (type: string) => pieces.map((piece) => (piece.type === type ? piece.text : '')).join('');
          assert.deepEqual([all('reasoning'), all('text')], [inner, after.trim()]);
        },
      ),
    );
  });
});

// M17
describe('a tool call as text', () => {
  const forms = [
    '<tool_call>\n{"name": "read_file", "arguments": {"path": "a"}}\n</tool_call>',
    '<tool_call>\n<function=read_file>\n<parameter=path>\na\n</parameter>\n</function>\n</tool_call>',
    '<function_calls>\n<invoke name="read_file">\n<parameter name="path">a</parameter>\n</invoke>\n</function_calls>',
    '{"name": "read_file", "parameters": {"path": "a"}}',
    '```json\n{"name": "read_file", "arguments": {"path": "a"}}\n```',
    '```tool_call\n{"tool": "read_file", "args": {"path": "a"}}\n```',
    '[TOOL_CALLS][{"name": "read_file", "arguments": {"path": "a"}}]',
    '<|tool_calls_section_begin|><|tool_call_begin|>functions.read_file:0<|tool_call_argument_begin|>{"path":"a"}<|tool_call_end|><|tool_calls_section_end|>',
    '<tool_call>\n{"arguments": {"path": "' + 'x'.repeat(500) + '"}, "name": "read_file"}\n</tool_call>',
    '<tool_call>read_file\n<arg_key>path</arg_key>\n<arg_value>a</arg_value>\n</tool_call>',
    '<minimax:tool_call>\n<invoke name="read_file">\n<parameter name="path">a</parameter>\n</invoke>\n</minimax:tool_call>',
    '<｜DSML｜invoke name="read_file">\n<｜DSML｜parameter name="path">a</｜DSML｜parameter>\n</｜DSML｜invoke>',
    '<|tool_call|>[{"name":"read_file","arguments":{"path":"a"}}]',
    '<|channel|>commentary to=functions.read_file <|constrain|>json<|message|>{"path":"a"}<|call|>',
    '<|START_ACTION|>[\n {"tool_name":"read_file","parameters":{"path":"a"}}\n]<|END_ACTION|>',
    '<|python_tag|>{"type":"function","name":"read_file","parameters":{"path":"a"}}<|eom_id|>',
    '[TOOL_CALLS]read_file[ARGS]{"path":"a"}',
    '[read_file(path="a")]',
    '```tool_code\nprint(default_api.read_file(path="a"))\n```',
    '>>>read_file\n{"path":"a"}',
    'Action: read_file\nAction Input: {"path":"a"}',
    '{"tool_calls":[{"id":"x","type":"function","function":{"name":"read_file","arguments":"{}"}}]}',
    '{"action":"read_file","action_input":{"path":"a"}}',
    '<read_file>\n<path>a</path>\n</read_file>',
    '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>read_file\n```json\n{"path":"a"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
  ];

  it('is known in every form that models are trained on, after other text too', () => {
    for (const form of forms)
      for (const text of [form, `I read the file.\n\n${form}\n`])
        assert.ok(endsWithTextCall(text, ['list_files', 'read_file']), text);
  });

  it('is not what a text says of one, nor what names no tool that there is', () => {
    for (const form of forms) assert.ok(!endsWithTextCall(form, ['write_file']), form);
    for (const text of [
      `The model writes ${forms[0]} and then the server reads it.`,
      'I used read_file on a.ts (see <b>there</b>)',
      '```json\n{"name": "read_file", "version": 1}\n```',
      'It calls `read_file`',
      '',
      '{'.repeat(50_000) + '<tool_call>' + '{'.repeat(50_000) + '>',
    ])
      assert.ok(!endsWithTextCall(text, ['read_file']), text);
  });

  it('is told to the model once, and is no result', async () => {
    const [form = ''] = forms;
    const good = start(new ScriptedModel([form, readCall('a'), 'Done.']), { tools: [readFile] });
    assert.equal((await good.outcome).text, 'Done.');
    assert.equal(
      good.transcript.filter((message) => message.role === 'user' && message.origin === 'correction').length,
      1,
    );
    const bad = await start(new ScriptedModel([form, form]), { tools: [readFile] }).outcome;
    assert.equal(bad.status, 'failed');
    assert.ok(bad.error?.includes(CALLED_IN_TEXT));
  });
});
