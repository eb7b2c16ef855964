import { oneLine } from '../util/plainText';
import type { Role, Task } from './delegation';
import type { OutputSchema } from './outputSchema';
import { readOutputSchema, schemaProblem } from './outputSchema';
import { ISOLATIONS, type Isolation } from './worktree';

/** What a dispatch is held to, and what it falls back to. */
export interface RequestRules {
  readonly maxTasks: number;
  /** All names that a task may ask for. */
  readonly knownToolsets: readonly string[];
  readonly models: readonly string[];
  /** Why an agent with this model would fail at once, as far as is known; undefined where it would not. */
  readonly modelProblem: (model: string) => string | undefined;
  /** What a task gets that names none: its parent's. Also the most that a task can get (SPEC C45). */
  readonly parentToolsets: readonly string[];
  readonly defaultModel: string;
  /** Where the default comes from, for the sentence that refuses it. */
  readonly defaultModelFrom: string;
  /** Children may be orchestrators: nesting is on and there is room below them. */
  readonly canNest: boolean;
}

export interface DelegationInput {
  /** The context given to all tasks, the overall goal included; each task's own holds it already. */
  readonly context: string;
  readonly tasks: readonly Task[];
}

/** What all tasks are told stands before what one of them is told besides (SPEC 2.1). */
function joinContexts(shared: string, own: string): string {
  return [shared, own].filter((text) => text !== '').join('\n\n');
}

/** What one task was told besides what all of them were. */
export function ownContext(shared: string, whole: string): string {
  return whole === shared ? '' : whole.startsWith(`${shared}\n\n`) ? whole.slice(shared.length).trimStart() : whole;
}

/**
 * Reads the input of `delegate_task` (SPEC 2.1), whatever a model or an extension sent. Never throws: what is wrong
 * comes back as one sentence that names it and where it is (SPEC 2.7). Unknown and deprecated fields are ignored, and a
 * field that holds nothing (null, a blank text, an empty list) counts as left out.
 */
export function readDelegationInput(input: unknown, rules: RequestRules): DelegationInput | { readonly error: string } {
  try {
    return read(input, rules);
  } catch (error) {
    if (error instanceof InvalidInput) return { error: error.message };
    throw error;
  }
}

class InvalidInput extends Error {}

type Fields = Readonly<Record<string, unknown>>;

function read(input: unknown, rules: RequestRules): DelegationInput {
  if (!isFields(input))
    throw new InvalidInput(`The input must be an object with goal or tasks, not ${typeName(input)}.`);
  const items = readTasks(input['tasks']);
  const goal = readText(input['goal'], 'goal');
  if (items.length === 0) {
    if (goal === undefined && typeof input['goal'] === 'string') throw new InvalidInput('goal is blank.');
    if (goal === undefined)
      throw new InvalidInput('Give either goal (one task) or tasks (an array of {goal}); neither is there.');
    return { context: readContext(input['context'], 'context'), tasks: [readTask(input, input, 'goal', rules)] };
  }
  if (items.length > rules.maxTasks) {
    throw new InvalidInput(
      `tasks holds ${items.length} tasks, the limit is ${rules.maxTasks} (fanout.delegation.maxTasks). Send fewer, or several batches one after the other.`,
    );
  }
  // Beside tasks, a goal is what they have in common.
  const shared = readContext(input['context'], 'context');
  const context = goal === undefined ? shared : `Overall goal: ${goal}${shared === '' ? '' : `\n${shared}`}`;
  // A title is of one task.
  const defaults = { ...input, context: undefined, title: undefined };
  const tasks = items.map((item, i) => {
    if (!isFields(item)) throw new InvalidInput(`tasks[${i}] must be an object with a goal, not ${typeName(item)}.`);
    return readTask(item, defaults, `tasks[${i}].goal`, rules);
  });
  return { context, tasks: tasks.map((task) => ({ ...task, context: joinContexts(context, task.context) })) };
}

/** Models often send the array as a JSON string. */
function readTasks(value: unknown): readonly unknown[] {
  if (!isGiven(value)) return [];
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  if (parsed === null) return [];
  if (Array.isArray(parsed)) return parsed;
  throw new InvalidInput(`tasks must be an array of objects, not ${typeName(value)}.`);
}

function readTask(own: Fields, defaults: Fields, goalPath: string, rules: RequestRules): Task {
  const where = goalPath.replace(/goal$/, '');
  const pick = (field: string) => (isGiven(own[field]) ? own[field] : defaults[field]);
  const goal = readText(own['goal'], goalPath);
  if (goal === undefined && typeof own['goal'] === 'string') throw new InvalidInput(`${goalPath} is blank.`);
  if (goal === undefined) throw new InvalidInput(`${goalPath} is missing: each task needs a goal.`);
  const title = readTitle(pick('title'), `${where}title`);
  refuseAgent(pick('agent'), `${where}agent`);
  const isolation = readIsolation(pick('isolation'), `${where}isolation`);
  const outputSchema = readSchema(pick('output_schema'), `${where}output_schema`);
  return {
    goal: goal.trim(),
    ...(title === undefined ? {} : { title }),
    context: readContext(pick('context'), `${where}context`),
    toolsets: readToolsets(pick('toolsets'), `${where}toolsets`, rules),
    role: readRole(pick('role'), `${where}role`, rules),
    model: readModel(pick('model'), `${where}model`, rules),
    ...(isolation === undefined ? {} : { isolation }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
  };
}

/** A field that holds nothing means the same as one that is left out: models fill in every field of a schema. */
function isGiven(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== '';
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

/** A context of blanks is none. */
function readContext(value: unknown, where: string): string {
  return (readText(value, where) ?? '').trim();
}

function readText(value: unknown, where: string): string | undefined {
  if (!isGiven(value)) return undefined;
  if (typeof value === 'string') return value;
  throw new InvalidInput(`${where} must be a string, not ${typeName(value)}.`);
}

/** Characters of a title; whoever writes more is cut, for a row has no room for it. */
const TITLE = 80;

function readTitle(value: unknown, where: string): string | undefined {
  const title = readText(value, where);
  return title === undefined ? undefined : oneLine(title, TITLE);
}

function readSchema(value: unknown, where: string): OutputSchema | undefined {
  if (!isGiven(value)) return undefined;
  const read = readOutputSchema(value);
  if ('problem' in read) throw new InvalidInput(`${where} ${read.problem}.`);
  // One that asks for nothing is none.
  return Object.keys(read.schema).length === 0 ? undefined : read.schema;
}

/**
 * Why the answer of one of these tasks cannot be held to its schema, in one sentence; undefined where all can. Asked before
 * tasks of strangers are dispatched: the checker is loaded on first use, so that this has to be waited for.
 */
export async function unusableSchema(tasks: readonly Task[]): Promise<string | undefined> {
  for (const [index, { outputSchema }] of tasks.entries()) {
    const problem = outputSchema === undefined ? undefined : await schemaProblem(outputSchema);
    if (problem === undefined) continue;
    const where = tasks.length === 1 ? '' : `tasks[${index}].`;
    return `${where}output_schema cannot be used: ${problem.replace(/\.$/, '')}.`;
  }
  return undefined;
}

/** No agents can be defined yet, so none has the name. */
function refuseAgent(value: unknown, where: string): void {
  if (isGiven(value))
    throw new InvalidInput(`${where}: there is no agent named ${quoted(value)}, none is defined; leave it out.`);
}

function readToolsets(value: unknown, where: string, rules: RequestRules): readonly string[] {
  const parsed = typeof value === 'string' ? namesIn(value) : (value ?? []);
  if (!Array.isArray(parsed)) throw new InvalidInput(`${where} must be an array of names, not ${typeName(value)}.`);
  const names = parsed.filter(isGiven).map((name) => {
    const known = typeof name === 'string' ? find(rules.knownToolsets, name) : undefined;
    if (known !== undefined) return known;
    throw new InvalidInput(
      `${where}: unknown toolset ${quoted(name)}. The toolsets are: ${rules.knownToolsets.join(', ')}.`,
    );
  });
  return names.length === 0 ? rules.parentToolsets : rules.parentToolsets.filter((name) => names.includes(name));
}

/** Names in a text: a JSON array or string, or separated by commas. */
function namesIn(text: string): unknown {
  const parsed = parseJson(text);
  return typeof parsed === 'object' && parsed !== null
    ? parsed
    : (typeof parsed === 'string' ? parsed : text).split(',').map((name) => name.trim());
}

/** The known name that is meant; its letter case does not count. */
function find<T extends string>(known: readonly T[], name: string): T | undefined {
  const wanted = name.trim();
  return known.find((one) => one === wanted) ?? known.find((one) => one.toLowerCase() === wanted.toLowerCase());
}

function readRole(value: unknown, where: string, rules: RequestRules): Role {
  if (!isGiven(value)) return 'leaf';
  const role = typeof value === 'string' ? find(['leaf', 'orchestrator'], value) : undefined;
  if (role === 'leaf') return role;
  // Where there is no room to nest, an orchestrator is a leaf (SPEC 2.8): the work is done all the same.
  if (role === 'orchestrator') return rules.canNest ? 'orchestrator' : 'leaf';
  throw new InvalidInput(`${where}: unknown role ${quoted(value)}. The roles are: leaf, orchestrator.`);
}

function readIsolation(value: unknown, where: string): Isolation | undefined {
  if (!isGiven(value)) return undefined;
  const isolation = typeof value === 'string' ? find(ISOLATIONS, value) : undefined;
  if (isolation !== undefined) return isolation;
  throw new InvalidInput(`${where}: there is no isolation ${quoted(value)}. There are: ${ISOLATIONS.join(', ')}.`);
}

function readModel(value: unknown, where: string, rules: RequestRules): string {
  const model = isGiven(value)
    ? typeof value === 'string'
      ? find(rules.models, value)
      : undefined
    : rules.defaultModel;
  if (model === undefined)
    throw new InvalidInput(`${where}: unknown model ${quoted(value)}. The models are: ${rules.models.join(', ')}.`);
  // Else a handle would come first, and then each child would fail with the same words.
  const problem = rules.modelProblem(model);
  if (problem === undefined) return model;
  throw new InvalidInput(`${isGiven(value) ? where : rules.defaultModelFrom}: ${problem}`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : typeName(value);
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  const type = typeof value;
  return type === 'object' || type === 'undefined' ? (type === 'object' ? 'an object' : 'nothing') : `a ${type}`;
}
