import type { Role, Task } from './delegation';

/** What a dispatch is held to, and what it falls back to. */
export interface RequestRules {
  readonly maxTasks: number;
  /** All names that a task may ask for. */
  readonly knownToolsets: readonly string[];
  readonly models: readonly string[];
  /** What a task gets that names none: its parent's. Also the most that a task can get (SPEC C45). */
  readonly parentToolsets: readonly string[];
  readonly defaultModel: string;
  /** Children may be orchestrators: nesting is on and there is room below them. */
  readonly canNest: boolean;
}

export interface DelegationInput {
  /** The context given to all tasks. */
  readonly context: string;
  readonly tasks: readonly Task[];
}

/**
 * Reads the input of `delegate_task` (SPEC 2.1), whatever a model or an extension sent. Never throws: what is wrong
 * comes back as one sentence that names it and where it is (SPEC 2.7). Unknown and deprecated fields are ignored.
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
    if (goal === undefined)
      throw new InvalidInput('Give either goal (one task) or tasks (an array of {goal}); neither is there.');
    return { context: readText(input['context'], 'context') ?? '', tasks: [readTask(input, input, 'goal', rules)] };
  }
  if (items.length > rules.maxTasks) {
    throw new InvalidInput(
      `tasks holds ${items.length} tasks, the limit is ${rules.maxTasks} (fanout.delegation.maxTasks). Send fewer, or several batches one after the other.`,
    );
  }
  // Beside tasks, a goal is what they have in common.
  const shared = readText(input['context'], 'context') ?? '';
  const context =
    goal === undefined || goal.trim() === '' ? shared : `Overall goal: ${goal}${shared === '' ? '' : `\n${shared}`}`;
  const defaults = { ...input, context };
  const tasks = items.map((item, i) => {
    if (!isFields(item)) throw new InvalidInput(`tasks[${i}] must be an object with a goal, not ${typeName(item)}.`);
    return readTask(item, defaults, `tasks[${i}].goal`, rules);
  });
  return { context, tasks };
}

/** Models often send the array as a JSON string. */
function readTasks(value: unknown): readonly unknown[] {
  if (value === undefined || value === null || value === '') return [];
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  if (Array.isArray(parsed)) return parsed;
  throw new InvalidInput(`tasks must be an array of objects, not ${typeName(value)}.`);
}

function readTask(own: Fields, defaults: Fields, goalPath: string, rules: RequestRules): Task {
  const where = goalPath.replace(/goal$/, '');
  const pick = (field: string) => own[field] ?? defaults[field];
  const goal = readText(own['goal'], goalPath);
  if (goal === undefined) throw new InvalidInput(`${goalPath} is missing: each task needs a goal.`);
  if (goal.trim() === '') throw new InvalidInput(`${goalPath} is blank.`);
  return {
    goal: goal.trim(),
    context: readText(pick('context'), `${where}context`) ?? '',
    toolsets: readToolsets(pick('toolsets'), `${where}toolsets`, rules),
    role: readRole(pick('role'), `${where}role`, rules),
    model: readModel(pick('model'), `${where}model`, rules),
  };
}

function readText(value: unknown, where: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw new InvalidInput(`${where} must be a string, not ${typeName(value)}.`);
}

function readToolsets(value: unknown, where: string, rules: RequestRules): readonly string[] {
  if (value === undefined || value === null) return rules.parentToolsets;
  const parsed = typeof value === 'string' ? (parseJson(value) ?? value.split(',').map((name) => name.trim())) : value;
  if (!Array.isArray(parsed)) throw new InvalidInput(`${where} must be an array of names, not ${typeName(value)}.`);
  for (const name of parsed) {
    if (!rules.knownToolsets.some((known) => known === name)) {
      throw new InvalidInput(
        `${where}: unknown toolset ${quoted(name)}. The toolsets are: ${rules.knownToolsets.join(', ')}.`,
      );
    }
  }
  // Models that fill in every field send an empty list where they mean the default.
  return parsed.length === 0 ? rules.parentToolsets : rules.parentToolsets.filter((name) => parsed.includes(name));
}

function readRole(value: unknown, where: string, rules: RequestRules): Role {
  if (value === undefined || value === null || value === 'leaf') return 'leaf';
  // Where there is no room to nest, an orchestrator is a leaf (SPEC 2.8): the work is done all the same.
  if (value === 'orchestrator') return rules.canNest ? 'orchestrator' : 'leaf';
  throw new InvalidInput(`${where}: unknown role ${quoted(value)}. The roles are: leaf, orchestrator.`);
}

function readModel(value: unknown, where: string, rules: RequestRules): string {
  if (value === undefined || value === null || value === '') return rules.defaultModel;
  if (typeof value === 'string' && rules.models.includes(value)) return value;
  throw new InvalidInput(`${where}: unknown model ${quoted(value)}. The models are: ${rules.models.join(', ')}.`);
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
