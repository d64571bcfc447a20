// Who takes part in a chat, by the names the user knows.
import type { Chat } from '$lib/protocol';
import { library } from '$lib/state/library.svelte';
import { words } from '$lib/words';

export function baseName(chat: Chat): string {
  return library.model(chat.model)?.name ?? library.run(chat.run)?.model_name ?? chat.model;
}

export function tunedName(chat: Chat): string {
  return library.run(chat.run)?.name ?? words.chat.runGone;
}

export function chatName(chat: Chat): string {
  return chat.run ? words.chat.withRun(tunedName(chat), baseName(chat)) : baseName(chat);
}

export function chatTitle(chat: Chat): string {
  return chat.title || chat.turns[0]?.user || words.chat.untitled;
}
