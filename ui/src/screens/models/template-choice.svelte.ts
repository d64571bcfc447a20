// Choosing the chat template of a model: what there is, what is chosen on screen, and what a pasted template makes of a short
// conversation.
import { asWireError, backend } from '$lib/backend';
import type { ChatTemplate, ChatTemplates, Model, ReadyMadeTemplate, TemplateName, TriedTemplate, WireError } from '$lib/protocol';

/** What is marked: no choice, a ready-made template, or a text of one's own. */
export type Marked = 'standard' | 'own' | TemplateName;

/** A pasted template is tried once nobody types any more. */
const pauseMs = 500;

export class TemplateChoice {
  /** Null until fetched. */
  offer = $state.raw<ChatTemplates | null>(null);
  marked = $state<Marked>('standard');
  text = $state('');
  /** What the text makes of the sample; null until it was tried. */
  tried = $state.raw<TriedTemplate | null>(null);
  /** What is wrong with the text. */
  mistake = $state.raw<WireError | null>(null);
  /** What went wrong otherwise. */
  error = $state.raw<WireError | null>(null);
  busy = $state(false);

  /** The ready-made template that is marked, or that is used where none is. */
  readyMade = $derived.by((): ReadyMadeTemplate | undefined => {
    const name = this.marked === 'standard' ? this.offer?.standard : this.marked;
    return this.offer?.ready_made.find((one) => one.name === name);
  });
  shown = $derived(this.marked === 'own' ? this.tried : (this.readyMade ?? null));
  canSave = $derived(this.offer !== null && (this.marked !== 'own' || this.text.trim() !== ''));

  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly model: string) {}

  async load(): Promise<void> {
    this.error = null;
    try {
      const offer = await backend.call('chat_templates', this.model);
      this.offer = offer;
      if (offer.chosen?.kind === 'ready_made') this.marked = offer.chosen.name;
      if (offer.chosen?.kind === 'text') {
        this.marked = 'own';
        this.text = offer.chosen.text;
        await this.try();
      }
    } catch (thrown) {
      this.error = asWireError(thrown);
    }
  }

  /** The text has changed. */
  typed(): void {
    this.mistake = null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.try(), pauseMs);
  }

  async try(): Promise<void> {
    const text = this.text;
    if (text.trim() === '') {
      this.tried = this.mistake = null;
      return;
    }
    try {
      const tried = await backend.call('try_chat_template', { model: this.model, text });
      // What was typed meanwhile is tried by itself.
      if (text === this.text) this.tried = tried;
    } catch (thrown) {
      if (text !== this.text) return;
      this.tried = null;
      this.mistake = asWireError(thrown);
    }
  }

  /** The model as it is then; null where it was refused. */
  async save(): Promise<Model | null> {
    this.stop();
    this.busy = true;
    this.error = this.mistake = null;
    try {
      return await backend.call('set_chat_template', { model: this.model, template: this.#choice() });
    } catch (thrown) {
      if (this.marked === 'own') this.mistake = asWireError(thrown);
      else this.error = asWireError(thrown);
      return null;
    } finally {
      this.busy = false;
    }
  }

  /** Nobody waits for a text to be tried any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #choice(): ChatTemplate | null {
    if (this.marked === 'standard') return null;
    return this.marked === 'own' ? { kind: 'text', text: this.text } : { kind: 'ready_made', name: this.marked };
  }
}
