import { useState } from 'preact/hooks';
import type { ChildView, DelegationView } from '../../protocol';
import { plural } from '../format';
import { lookOf } from '../status';
import { ChildActions } from './ChildActions';
import { StatusIcon } from './Icon';
import { Figures } from './Figures';
import { SteerBox } from './SteerBox';

/** One child of a delegation, with the delegations of its own below it. */
export function ChildRow({ child }: { readonly child: ChildView }) {
  const [steering, setSteering] = useState(false);
  const look = child.approvals > 0 ? ({ icon: 'shield', label: 'waits for approval' } as const) : lookOf(child.status);
  return (
    <li class="child" aria-label={child.title ?? child.goal}>
      <div class="row">
        <StatusIcon look={look} />
        <div class="row-text">
          <div class="goal" title={child.goal}>
            {child.title ?? child.goal}
          </div>
          <ChildLine child={child} />
        </div>
        <div class="row-side">
          <span class="meta figures">
            <Figures of={child} />
          </span>
          <ChildActions child={child} onSteer={() => setSteering(!steering)} />
        </div>
      </div>
      {steering && <SteerBox childId={child.id} onDone={() => setSteering(false)} />}
      <OtherRuns child={child} />
      {child.delegations.map((delegation) => (
        <Nested key={delegation.id} delegation={delegation} />
      ))}
    </li>
  );
}

/** What it does, or how it ended, in one line. */
function ChildLine({ child }: { readonly child: ChildView }) {
  if (child.approvals > 0) {
    return <div class="line attention">Waits for {plural(child.approvals, 'approval')}</div>;
  }
  const text = child.activity || child.error || child.headline || '';
  const tone = child.error && !child.activity ? 'bad' : '';
  return text ? (
    <div class={`line ${tone}`} title={text}>
      {text}
    </div>
  ) : null;
}

/** Runs of the same task that ended no better: what they said and wrote can be looked at. */
export function OtherRuns({ child }: { readonly child: ChildView }) {
  if (child.otherRuns === undefined) return null;
  return (
    <div class="nested" role="group" aria-label={`Other runs of ${child.title ?? child.goal}`}>
      <p class="hint">Other runs of this task</p>
      <ul class="rows">
        {child.otherRuns.map((run) => (
          <ChildRow key={run.id} child={run} />
        ))}
      </ul>
    </div>
  );
}

/** What a child delegated further, indented below it. */
export function Nested({ delegation }: { readonly delegation: DelegationView }) {
  return (
    <div class="nested" role="group" aria-label={`Delegated further: ${delegation.title}`}>
      <ul class="rows">
        {delegation.children.map((child) => (
          <ChildRow key={child.id} child={child} />
        ))}
      </ul>
    </div>
  );
}
