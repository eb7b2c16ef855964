import { CompletionQueue } from '../../src/delegation/completions';
import { DelegationPool } from '../../src/delegation/pool';
import { Database } from '../../src/store/database';
import { DelegationStore } from '../../src/store/delegationStore';

/** Ways to break Fanout on purpose: a torture that does not find each of them finds nothing. */
export const SABOTAGES: Readonly<Record<string, () => void>> = {
  'writes-without-transactions': () => {
    Database.prototype.transaction = (body) => body();
  },
  'recovery-without-completions': () => {
    CompletionQueue.prototype.restore = () => undefined;
  },
  'recovery-without-delegations': () => {
    DelegationPool.prototype.restore = () => undefined;
  },
  'delivery-without-a-note': () => {
    DelegationStore.prototype.deliverCompletion = (_id, _session, append) => {
      append();
      return true;
    };
  },
};
