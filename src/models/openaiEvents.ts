import { countsIn, numberOr, textOr, textsIn, type VendorEvents } from './eventFields';
import { field, parseJson } from './vendorAnswer';

const ENDS = new Set(['response.completed', 'response.incomplete', 'response.failed']);

/** OpenAI's Responses. */
export function openaiEvents(): VendorEvents {
  let isOver = false;
  return {
    take(data) {
      const event = parseJson(data);
      const type = field(event, 'type');
      if (typeof event !== 'object' || event === null) return [];
      if (typeof type !== 'string') return field(event, 'error') == null ? [] : [event];
      if (ENDS.has(type)) isOver = true;
      return readable(type, event);
    },
    isOver: () => isOver,
  };
}

function readable(type: string, event: object): readonly object[] {
  const response = field(event, 'response');
  switch (type) {
    case 'response.in_progress':
      return [];
    case 'response.created': {
      const created = countsIn(response, 'created_at');
      return [
        { type, response: { id: '', model: '', created_at: 0, ...textsIn(response, 'id', 'model'), ...created } },
      ];
    }
    case 'response.completed':
    case 'response.incomplete':
      return [{ type, response: endOf(response) }];
    case 'response.failed': {
      const error = field(response, 'error');
      const told = error == null ? null : { message: '', ...textsIn(error, 'code', 'message') };
      return [
        {
          type,
          sequence_number: numberOr(field(event, 'sequence_number'), 0),
          response: { ...endOf(response), error: told },
        },
      ];
    }
    case 'response.output_item.added':
    case 'response.output_item.done': {
      const item = itemOf(field(event, 'item'));
      return item === undefined ? [] : [{ type, output_index: numberOr(field(event, 'output_index'), 0), item }];
    }
    case 'response.output_text.delta':
      return typeof field(event, 'delta') === 'string'
        ? [{ type, item_id: textOr(field(event, 'item_id'), 'message'), ...textsIn(event, 'delta') }]
        : [];
    case 'response.function_call_arguments.delta':
      return typeof field(event, 'delta') === 'string' ? [{ output_index: 0, item_id: '', ...event }] : [];
    default:
      return [event];
  }
}

function endOf(response: unknown): object {
  const usage = field(response, 'usage');
  const counts = countsIn(usage, 'input_tokens', 'output_tokens');
  const reason = field(field(response, 'incomplete_details'), 'reason');
  return {
    incomplete_details: typeof reason === 'string' ? { reason } : null,
    // What is not known is no 0.
    usage:
      counts['input_tokens'] === undefined
        ? null
        : {
            output_tokens: 0,
            ...counts,
            input_tokens_details: countsIn(field(usage, 'input_tokens_details'), 'cached_tokens'),
            output_tokens_details: countsIn(field(usage, 'output_tokens_details'), 'reasoning_tokens'),
          },
  };
}

/** Calls lack one of their two ids at some servers, or their state. */
function itemOf(item: unknown): object | undefined {
  if (typeof item !== 'object' || item === null || typeof field(item, 'type') !== 'string') return undefined;
  if (field(item, 'type') !== 'function_call') return item;
  const id = textOr(field(item, 'id'), textOr(field(item, 'call_id'), 'call'));
  const given = field(item, 'arguments');
  const args = given == null ? '' : typeof given === 'string' ? given : JSON.stringify(given);
  return {
    type: 'function_call',
    id,
    call_id: textOr(field(item, 'call_id'), id),
    name: textOr(field(item, 'name'), 'unnamed_tool'),
    arguments: args,
    status: 'completed',
  };
}
