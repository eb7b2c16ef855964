/** Marks a place that a complete `switch` never reaches; the compiler complains where one is not complete. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}
