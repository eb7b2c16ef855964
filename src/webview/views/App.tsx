import { ActivityLine } from './ActivityLine';
import { Approvals } from './Approvals';
import { Banners } from './Banners';
import { type ChatScope, ChatContext } from './ChatContext';
import { Composer } from './Composer';
import { Conversation } from './Conversation';
import { Faultless } from './Faultless';
import { Header } from './Header';

export function App({ scope }: { readonly scope: ChatScope }) {
  return (
    <ChatContext.Provider value={scope}>
      <div class="app">
        <Faultless what="The header">
          <Header />
        </Faultless>
        <Banners />
        <Faultless what="The conversation">
          <Conversation />
        </Faultless>
        <ActivityLine />
        <Faultless what="An approval">
          <Approvals />
        </Faultless>
        <Faultless what="The message box">
          <Composer />
        </Faultless>
      </div>
    </ChatContext.Provider>
  );
}
