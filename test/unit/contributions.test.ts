import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { DEFAULT_DELEGATION_SETTINGS } from '../../src/delegation/settings';
import {
  COMMANDS,
  DELEGATE_LM_TOOL,
  ROW_COMMANDS,
  SETTINGS,
  USER_ONLY_SETTINGS,
  VIEWS,
} from '../../src/vscode/contributions';

const Command = z.object({ command: z.string(), title: z.string(), category: z.string().optional() });
const MenuItem = z.object({ command: z.string().optional(), when: z.string().optional() });
const Named = z.object({ id: z.string() });
const Setting = z.object({
  default: z.unknown(),
  scope: z.string().optional(),
  minimum: z.number().optional(),
  description: z.string().optional(),
  markdownDescription: z.string().optional(),
});
const Manifest = z.object({
  activationEvents: z.array(z.string()),
  capabilities: z.object({
    untrustedWorkspaces: z.object({ supported: z.literal('limited'), restrictedConfigurations: z.array(z.string()) }),
  }),
  contributes: z.object({
    commands: z.array(Command),
    menus: z.record(z.string(), z.array(MenuItem)),
    keybindings: z.array(MenuItem),
    viewsContainers: z.object({ activitybar: z.array(Named) }),
    views: z.record(z.string(), z.array(Named)),
    viewsWelcome: z.array(z.object({ view: z.string(), contents: z.string() })),
    languageModelTools: z.array(z.object({ name: z.string() })),
    configuration: z.array(z.object({ properties: z.record(z.string(), Setting) })),
  }),
});

const { activationEvents, capabilities, contributes } = Manifest.parse(
  JSON.parse(readFileSync('package.json', 'utf8')),
);
const settings = Object.assign({}, ...contributes.configuration.map(({ properties }) => properties)) as Record<
  string,
  z.infer<typeof Setting>
>;
const declared = contributes.commands.map(({ command }) => command);
const known: string[] = [...Object.values(COMMANDS), ...Object.values(ROW_COMMANDS)];
const palette = new Map((contributes.menus['commandPalette'] ?? []).map((item) => [item.command, item.when]));

/** The defaults of the specification, section 8; a floor where it names one. */
const defaults: Readonly<Record<(typeof SETTINGS)[number], { readonly is: unknown; readonly floor?: number }>> = {
  model: { is: 'auto' },
  providers: { is: [] },
  // 10 for a provider, 1 for a local server: no one number.
  'requests.maxConcurrent': { is: null, floor: 1 },
  'delegation.maxAsyncDelegations': { is: 3, floor: 1 },
  'delegation.maxConcurrentChildren': { is: 8, floor: 1 },
  'delegation.maxTasks': { is: 20, floor: 1 },
  'delegation.maxSpawnDepth': { is: 1, floor: 1 },
  'delegation.maxIterations': { is: 50, floor: 1 },
  'delegation.whenFull': { is: 'inline' },
  'delegation.isolation': { is: 'shared' },
  'delegation.resume': { is: 'auto' },
  'delegation.model': { is: '' },
  'delegation.maxSummaryChars': { is: 24_000, floor: 2000 },
  'delegation.budget': { is: { tokens: 0, usd: 0 } },
  'delegation.stall': { is: { idleSeconds: 450, toolSeconds: 1200, graceSeconds: 120 } },
  'completions.wakeAgent': { is: 'always' },
  'approvals.edits': { is: 'ask' },
  'approvals.commands': { is: 'ask' },
  'approvals.allowedCommands': { is: [] },
};

/** What VS Code has itself; a link or a menu may name it. */
const isOurs = (command: string) => command.startsWith('fanout.');

describe('package.json and contributions.ts', () => {
  it('name the same commands', () => assert.deepEqual(declared.toSorted(), known.toSorted()));

  it('name the same views and the same container', () => {
    assert.deepEqual(
      contributes.viewsContainers.activitybar.map(({ id }) => id),
      [VIEWS.container],
    );
    assert.deepEqual(Object.keys(contributes.views), [VIEWS.container]);
    const views = contributes.views[VIEWS.container]?.map(({ id }) => id) ?? [];
    assert.deepEqual(views.toSorted(), [VIEWS.chat, VIEWS.delegations].toSorted());
    // What a window left behind is delivered although nobody opens a view of ours.
    assert.deepEqual(activationEvents, ['onStartupFinished', `onWebviewPanel:${VIEWS.chatPanel}`]);
  });

  it('name the same settings', () => {
    assert.deepEqual(Object.keys(settings).toSorted(), SETTINGS.map((key) => `fanout.${key}`).toSorted());
  });

  it('name the same language model tool', () => {
    assert.deepEqual(
      contributes.languageModelTools.map(({ name }) => name),
      [DELEGATE_LM_TOOL],
    );
  });
});

describe('package.json', () => {
  it('has every command under the category Fanout, or out of the palette', () => {
    const stray = contributes.commands.filter(
      ({ command, category }) => category !== 'Fanout' && palette.get(command) !== 'false',
    );
    assert.deepEqual(stray, []);
  });

  it('keeps the commands on a row out of the palette, and the others in', () => {
    const hidden = [...palette].filter(([, when]) => when === 'false').map(([command]) => command);
    assert.deepEqual(hidden.toSorted(), Object.values(ROW_COMMANDS).toSorted());
  });

  it('has a command behind every menu item, key and link', () => {
    const items = [...Object.values(contributes.menus).flat(), ...contributes.keybindings].flatMap(
      ({ command }) => command ?? [],
    );
    const texts = [
      ...contributes.viewsWelcome.map(({ contents }) => contents),
      ...Object.values(settings).map((s) => s.markdownDescription ?? ''),
    ];
    const links = texts.flatMap((text) => [...text.matchAll(/\(command:([\w.]+)/g)].map((match) => match[1] ?? ''));
    assert.deepEqual(
      [...items, ...links].filter((command) => isOurs(command) && !declared.includes(command)),
      [],
    );
  });

  it('asks in no `when` clause for a view that is not there', () => {
    const clauses = [...Object.values(contributes.menus).flat(), ...contributes.keybindings].map(
      ({ when = '' }) => when,
    );
    const views = clauses.flatMap((when) =>
      [...when.matchAll(/\b(?:view|focusedView) == ([\w.]+)/g)].map((match) => match[1]),
    );
    assert.deepEqual(
      views.filter((view) => !Object.values<string | undefined>(VIEWS).includes(view)),
      [],
    );
  });

  for (const [key, { is, floor }] of Object.entries(defaults)) {
    it(`gives fanout.${key} its default${floor === undefined ? '' : ' and its floor'}, and describes it`, () => {
      const setting = settings[`fanout.${key}`];
      assert.ok(setting);
      assert.deepEqual(setting.default, is);
      assert.equal(setting.minimum, floor);
      assert.ok(setting.description ?? setting.markdownDescription);
    });
  }

  it('has the defaults that a delegation without settings has', () => {
    const own = Object.entries<unknown>({ ...DEFAULT_DELEGATION_SETTINGS });
    assert.deepEqual(
      own.map(([key]) => settings[`fanout.delegation.${key}`]?.default),
      own.map(([, value]) => value),
    );
  });

  it('lets no workspace set providers, approvals or allowed commands', () => {
    const scopes = USER_ONLY_SETTINGS.map((key) => settings[`fanout.${key}`]?.scope);
    assert.deepEqual([...new Set(scopes)], ['application']);
  });

  it('restricts only settings that there are in an untrusted workspace', () => {
    assert.deepEqual(
      capabilities.untrustedWorkspaces.restrictedConfigurations.filter((key) => !(key in settings)),
      [],
    );
  });
});
