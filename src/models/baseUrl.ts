import type { ProviderKind, ProviderSettings } from './providerSettings';

const VENDOR_URLS: Record<Exclude<ProviderKind, 'openai-compatible'>, string> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta',
};

/**
 * The URL that requests are made below, however its owner wrote it: with or without a slash at its end, without the
 * version, or copied together with the path of a request.
 */
export function baseUrlOf({ kind, baseUrl }: Pick<ProviderSettings, 'kind' | 'baseUrl'>): string {
  const vendorUrl = kind === 'openai-compatible' ? undefined : VENDOR_URLS[kind];
  const url = new URL(baseUrl ?? vendorUrl ?? '');
  const path = url.pathname.replace(/\/+$/, '').replace(/\/(chat\/completions|responses|messages)$/, '');
  const version = kind === 'google' ? '/v1beta' : '/v1';
  // Below a path of its own only Anthropic's form is known to want the version still.
  const lacksVersion = kind === 'anthropic' ? !/\/v\d+$/.test(path) : path === '';
  return `${url.origin}${path}${lacksVersion ? version : ''}${url.search}`;
}

/** Whether `url` is a server on this machine, which needs no key. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** For sentences: the host, and the port where it is not the usual one. */
export function hostOf(url: string): string {
  return new URL(url).host;
}
