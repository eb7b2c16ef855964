import assert from 'node:assert/strict';
import { Emitter, setListenerErrorReporter } from '../../../src/util/emitter';

describe('an emitter', () => {
  it('tells its listeners in the order in which they subscribed', () => {
    const emitter = new Emitter<number>();
    const seen: string[] = [];
    emitter.event((value) => seen.push(`first ${value}`));
    emitter.event((value) => seen.push(`second ${value}`));
    emitter.fire(1);
    assert.deepEqual(seen, ['first 1', 'second 1']);
  });

  it('C54 tells the others where one throws, and reports what it threw', () => {
    const errors: unknown[] = [];
    const emitter = new Emitter<number>((error) => errors.push(error));
    const fault = new Error('broken');
    const seen: number[] = [];
    emitter.event(() => {
      throw fault;
    });
    emitter.event((value) => seen.push(value));
    emitter.fire(7);
    assert.deepEqual([seen, errors], [[7], [fault]]);
  });

  it('reports to the log that was named last, also where the emitter is older', () => {
    const emitter = new Emitter<number>();
    const errors: unknown[] = [];
    setListenerErrorReporter((error) => errors.push(error));
    emitter.event(() => {
      throw new Error('broken');
    });
    emitter.fire(1);
    setListenerErrorReporter((error) => console.error(error));
    assert.equal(errors.length, 1);
  });

  it('keeps two subscriptions of one function apart', () => {
    const emitter = new Emitter<number>();
    let calls = 0;
    const listener = () => calls++;
    const first = emitter.event(listener);
    emitter.event(listener);
    emitter.fire(1);
    first.dispose();
    first.dispose();
    emitter.fire(2);
    assert.equal(calls, 3);
  });

  it('lets listeners come and go while it fires', () => {
    const emitter = new Emitter<number>();
    const seen: string[] = [];
    const once = emitter.event((value) => {
      once.dispose();
      seen.push(`once ${value}`);
      emitter.event((later) => seen.push(`late ${later}`));
    });
    emitter.fire(1);
    emitter.fire(2);
    assert.deepEqual(seen, ['once 1', 'late 2']);
  });

  it('tells nobody once it is disposed of', () => {
    const emitter = new Emitter<number>();
    emitter.event(() => assert.fail());
    emitter.dispose();
    emitter.fire(1);
  });
});
