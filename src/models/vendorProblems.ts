import type { ModelProblem } from '../agent/messages';
import type { VendorWords } from './vendorAnswer';

/** What a failed answer means for the one who asked. */
export interface Diagnosis {
  readonly kind: ModelProblem;
  /**
   * What the sentence for people is to be about besides: `credit` is used up, the model or server takes no `tools`, or
   * the `address` is not that of such a server.
   */
  readonly about?: 'credit' | 'tools' | 'address';
}

/**
 * By what the vendor says, and by the status where that says nothing: statuses are shared by what passes and by what does
 * not, and gateways put their own over the vendor's. `waits`: the answer names a time after which to try again.
 */
export function diagnose(status: number, { code, message }: VendorWords, waits: boolean): Diagnosis {
  const words = `${code} ${message}`;
  if (status === 402 || SPENT_CODE.test(code) || (SPENT.test(words) && !waits))
    return { kind: 'rate-limit', about: 'credit' };
  if (NO_TOOLS.test(words)) return { kind: 'bad-request', about: 'tools' };
  if (isOverflow(status, words)) return { kind: 'context-overflow' };
  if (status < 500 && status !== 429 && REFUSED.test(words)) return { kind: 'refused' };
  const named = NAMED.find(([pattern]) => pattern.test(code))?.[1];
  if (named !== undefined && (status < 500 || named === 'overload')) return { kind: named };
  return byStatus(status, words);
}

function byStatus(status: number, words: string): Diagnosis {
  if (status === 401 || status === 403 || (status === 400 && BAD_KEY.test(words))) return { kind: 'auth' };
  if (status === 429) return { kind: 'rate-limit' };
  if (status === 529 || (status === 503 && OVERLOADED.test(words))) return { kind: 'overload' };
  if (status >= 500 || status === 408 || status === 425 || status === 499) return { kind: 'server' };
  if (status === 404 || status === 405 || status === 410) {
    return /model|deployment|engine/i.test(words) ? { kind: 'not-found' } : { kind: 'not-found', about: 'address' };
  }
  if (NO_MODEL.test(words)) return { kind: 'not-found' };
  if (status === 451) return { kind: 'refused' };
  return { kind: 'bad-request' };
}

/** Names that vendors give to failures, wherever they put them and whatever the status. */
const NAMED: readonly (readonly [RegExp, ModelProblem])[] = [
  [/overloaded|engine_overloaded|unavailable|capacity_exceeded|\b1305\b/i, 'overload'],
  [
    /rate_?limit|resource_exhausted|too_?many_?requests|throttl|limit_requests|limit_burst|\b130[23]\b|\b1002\b/i,
    'rate-limit',
  ],
  [/invalid_api_key|authentication|permission|unauthenticated|API_KEY_INVALID|invalid_iam_token|\b1004\b/i, 'auth'],
  [/not_found_error|model_not_found/i, 'not-found'],
];

const SPENT_CODE =
  /insufficient_(quota|balance|credit|funds)|exceeded_current_quota|billing_(hard_limit|not_active)|payment_required|arrearage|quota_?exhausted|credits?_exhausted|budget_?exceeded|\b1113\b|\b1008\b/i;
const SPENT =
  /insufficient[ _](account )?(balance|credits?|funds|quota)|(balance|credits?|funds) (is|are) (too low|insufficient|not enough|exhausted|depleted)|credit balance|not enough (credits?|balance)|(out of|no|more) credits|used (up )?all (of )?(your |available )?credits|(negative|zero) balance|account .{0,20}(suspended|arrears)|billing (hard )?limit|check your plan and billing|spending (limit|cap)|payment (is )?required|budget has been exceeded|key limit exceeded|per[-_ ]day|余额不足|余额已|欠费|充值|额度(不足|已用完|耗尽)|资源包/i;

const NO_TOOLS =
  /["'`]tools?["'`] (is|are) not supported|(does not|doesn't|do not|cannot|not) support (the )?(use of )?(tools?|function)|support (tool|function)[ _-]?(use|call)|tools? (param|use|call(ing|s)?|choice)?.{0,12}(requires? --|(is|are) not supported|not supported|unsupported)|--jinja|enable-auto-tool-choice|tool-call-parser|function calling is not|no endpoints found that support tool/i;

/** Phrases that mean nothing else. */
const OVERFLOW =
  /context[_ -]?(length|window|size|limit)|context .{0,20}overflow|maximum context|exceed_context|(prompt|input|conversation|messages?|inputs`?) ?(is|are|tokens?)? ?too (long|large)|too many (input |prompt )?tokens|(input|prompt) tokens? exceed|(maximum|max) (prompt|input|sequence|model|message) (length|tokens?)|prompt exceeds|range of input length|(inputs|prompt_tokens|token count|tokens in the prompt|input length|length of (the )?(prompt|input)).{0,60}(exceed|must be|must have|longer|less than)|request exceeded model token limit|reduce the (length|size) of|request_too_large|string_above_max_length|model_max_prompt_tokens|longer than the (maximum )?(model|context)|max message tokens|current length is \d+ while limit|number of tokens to keep|\b1261\b|(输入|上下文|提示词?|内容|文本|请求|prompt|token)[^。]{0,16}(超过|超出|超长|过长|超限)|(超过|超出)[^。]{0,16}(长度|上下文|token)/i;
/** Phrases about other limits that sound like it. */
const OTHER_LIMIT =
  /per (minute|day|hour|second)|\b[TR]P[MD]\b|rate.?limit|tools?\[|function\.name|tool (name|description)|api.?key/i;

/** A limit per minute that one request alone is beyond: no waiting helps. */
const TOO_LARGE = /^.{0,80}request too large for/i;

function isOverflow(status: number, words: string): boolean {
  if (status === 413 || TOO_LARGE.test(words)) return true;
  return status !== 429 && OVERFLOW.test(words) && !OTHER_LIMIT.test(words);
}

const BAD_KEY =
  /invalid_api_key|authentication_error|permission_error|api key not valid|API_KEY_INVALID|incorrect api key|invalid (x-)?api[- ]key|api key (is )?(invalid|missing|expired)/i;
const REFUSED =
  /content[_ ]?filter|content_policy|responsible ?ai|prohibited_content|safety system|data_?inspection_?failed|requires moderation|flagged|sensitive|\b1301\b|敏感|违规|内容安全/i;
const OVERLOADED = /overload|unavailable|capacity|busy|try again/i;
const NO_MODEL =
  /model_not_found|invalid model|model .*(not found|does not exist|not exist)|no such model|unknown model|not a valid model/i;
