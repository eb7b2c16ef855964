import { CompletionQueue } from '../../src/delegation/completions';
import { isOver } from '../../src/delegation/delegation';
import { DelegationPool } from '../../src/delegation/pool';
import { Database } from '../../src/store/database';

/** Ways to break Fanout on purpose: a torture that does not find each of them finds nothing. */
export const SABOTAGES: Readonly<Record<string, () => void>> = {
  'no transactions': () => {
    Database.prototype.transaction = (body) => body();
    for (const name of ['run', 'put'] as const) {
      const write = replaceable(Database.prototype, name);
      Database.prototype[name] = function (this: Database, ...args: [string, string, ...[]]) {
        const position = write.apply(this, args);
        this.flush();
        return position;
      };
    }
  },
  'delivery never noted': () => {
    const run = replaceable(Database.prototype, 'run');
    Database.prototype.run = function (sql, ...values) {
      return sql.startsWith('UPDATE completions SET delivered_at') ? 1 : run.call(this, sql, ...values);
    };
  },
  'no recovery': () => {
    DelegationPool.prototype.restore = () => undefined;
  },
  'no recovery of what was over': () => {
    CompletionQueue.prototype.restore = () => undefined;
    const restore = replaceable(DelegationPool.prototype, 'restore');
    DelegationPool.prototype.restore = function (delegations) {
      const forgotten = delegations.filter(({ status }) => isOver(status)).map(({ id }) => id);
      const rest = delegations.map((delegation) =>
        forgotten.includes(delegation.id) ? { ...delegation, delivery: 'delivered' as const } : delegation,
      );
      restore.call(this, rest);
    };
  },
};

/** A sabotage of the model's: commands that get away. */
export const ESCAPING_COMMANDS = 'escaping commands';

/** Leaves all that Fanout knows a command's processes by: their group, the marks in their environment and their limits, their output. */
export function escaping(command: string): string {
  return `{ ulimit -S -w unlimited || ulimit -S -x unlimited; } 2>/dev/null; setsid env -i ${command} >/dev/null 2>&1`;
}

function replaceable<T, K extends keyof T>(prototype: T, name: K): T[K] {
  return prototype[name];
}
