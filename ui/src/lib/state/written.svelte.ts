// Examples that are written by hand: a question and an answer each, and what holds for all.

export interface Written {
  question: string;
  answer: string;
}

const filled = (text: string): boolean => text.trim() !== '';

export class WrittenExamples {
  rows = $state<Written[]>([{ question: '', answer: '' }]);
  system = $state('');

  whole: Written[] = $derived(this.rows.filter(({ question, answer }) => filled(question) && filled(answer)));
  /** Examples with a question or an answer alone. */
  half: number = $derived(this.rows.filter(({ question, answer }) => filled(question) !== filled(answer)).length);
  dirty: boolean = $derived(filled(this.system) || this.rows.some(({ question, answer }) => filled(question) || filled(answer)));

  /** The row after this one; a new one where it is the last and not empty. Its place is given back. */
  after(row: number): number {
    const { question, answer } = this.rows[row]!;
    if (row === this.rows.length - 1 && (filled(question) || filled(answer))) this.rows.push({ question: '', answer: '' });
    return Math.min(row + 1, this.rows.length - 1);
  }

  /** As lines of JSON, a conversation each. */
  text(): string {
    const system = filled(this.system) ? [{ role: 'system', content: this.system.trim() }] : [];
    const line = ({ question, answer }: Written) => JSON.stringify({ messages: [...system, { role: 'user', content: question.trim() }, { role: 'assistant', content: answer.trim() }] });
    return this.whole.map((row) => `${line(row)}\n`).join('');
  }
}
