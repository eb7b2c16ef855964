import { anthropicEvents } from './anthropicEvents';
import { googleEvents } from './googleEvents';
import { openaiEvents } from './openaiEvents';
import type { ProviderKind } from './providerSettings';

/**
 * The events of one stream as the vendor's package is to read them. A package checks each event whole, and takes a field of
 * another form than it expects for a fault: it gets the fields that we use and no others, in the form that it wants, and
 * nothing of events and blocks that nobody here knows (SPEC C75).
 */
export interface VendorEvents {
  /** What takes the place of the data of one event; as often as not one event, or none. */
  readonly take: (data: string) => readonly object[];
  /** The reply is whole: nothing that belongs to it follows. */
  readonly isOver: () => boolean;
}

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
