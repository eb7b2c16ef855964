/** The shapes of the big vendors' keys, for a key that we do not hold ourselves but that an answer quotes. */
const KEY_SHAPES = /\b(?:sk-[\w-]{12,}|AIza[\w-]{20,}|gsk_\w{12,}|xai-[\w-]{12,})|(?<=Bearer )\S+/g;

/** `text` without any of `secrets` and without anything that looks like a key. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  const masked = secrets
    .filter((secret) => secret.length > 0)
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  return masked.replace(KEY_SHAPES, '***');
}
