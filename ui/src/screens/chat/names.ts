// Who takes part in a chat, by the names the user knows.
import type { Chat, ChatHead } from '$lib/protocol';
import { library } from '$lib/state/library.svelte';
import { words } from '$lib/words';

type Named = Chat | ChatHead;

export function baseName(chat: Named): string {
  return library.model(chat.model)?.name ?? library.run(chat.run)?.model_name ?? chat.model;
}

export function tunedName(chat: Named): string {
  return library.run(chat.run)?.name ?? words.chat.runGone;
}

export function chatName(chat: Named): string {
  return chat.run ? words.chat.withRun(tunedName(chat), baseName(chat)) : baseName(chat);
}

export function chatTitle(chat: Named): string {
  // A list has the first message in the place of a missing title.
  const said = typeof chat.turns === 'number' ? '' : chat.turns[0]?.user;
  return chat.title || said || words.chat.untitled;
}
