/** Calls `before` at each call of a method, which may throw in its place, until the returned object is disposed of. */
export function onCall(owner: object, name: string, before: () => void): Disposable {
  const descriptor = Object.getOwnPropertyDescriptor(owner, name);
  if (descriptor === undefined) throw new Error(`There is no method ${name}.`);
  const original: unknown = descriptor.value;
  Object.defineProperty(owner, name, {
    ...descriptor,
    value(this: unknown, ...values: unknown[]): unknown {
      before();
      if (typeof original !== 'function') throw new Error(`${name} is no method.`);
      return Reflect.apply(original, this, values);
    },
  });
  return { [Symbol.dispose]: () => Object.defineProperty(owner, name, descriptor) };
}
