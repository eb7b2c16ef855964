import { isDeepStrictEqual } from 'node:util';
import type { Change, ChildView, DelegationView } from '../protocol';

/**
 * What a view is told that knows a delegation as `told`: what is different, or all of it where rows came, went or moved or
 * something is gone. Undefined where it looks the same.
 */
export function changeTo(now: DelegationView, told: DelegationView | undefined): Change | undefined {
  const whole: Change = { op: 'delegation', delegation: now };
  if (told?.children.length !== now.children.length) return whole;
  const fields = difference({ ...told, children: undefined }, { ...now, children: undefined });
  const children: (Partial<ChildView> & Pick<ChildView, 'id'>)[] = [];
  for (const [index, child] of now.children.entries()) {
    const before = told.children[index];
    const changed = before?.id === child.id ? difference(before, child) : undefined;
    if (changed === undefined) return whole;
    if (Object.keys(changed).length > 0) children.push({ ...changed, id: child.id });
  }
  if (fields === undefined) return whole;
  if (Object.keys(fields).length === 0 && children.length === 0) return undefined;
  return { op: 'rows', delegationId: now.id, fields, children };
}

/** The fields that are new or different; undefined where one is gone. */
function difference<View extends object>(before: View, after: View): Partial<View> | undefined {
  const keys = (view: View) => Object.keys(view) as (keyof View)[];
  if (keys(before).some((key) => !(key in after))) return undefined;
  const changed: Partial<View> = {};
  for (const key of keys(after)) if (!isDeepStrictEqual(before[key], after[key])) changed[key] = after[key];
  return changed;
}
