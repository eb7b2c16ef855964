import { anthropicEvents } from './anthropicEvents';
import { googleEvents } from './googleEvents';
import { openaiEvents } from './openaiEvents';
import type { VendorEvents } from './eventFields';
import type { ProviderKind } from './providerSettings';

export function eventsOf(kind: Exclude<ProviderKind, 'openai-compatible'>): VendorEvents {
  switch (kind) {
    case 'anthropic':
      return anthropicEvents();
    case 'openai':
      return openaiEvents();
    case 'google':
      return googleEvents();
  }
}
