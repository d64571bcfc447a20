// Whether answers are drawn as Markdown or shown as the model wrote them, kept over a restart.
const key = 'tunesmith-answers';

class AnswerFormat {
  #value = $state<'markdown' | 'plain'>(remembered());

  get value(): 'markdown' | 'plain' {
    return this.#value;
  }

  set(value: 'markdown' | 'plain'): void {
    this.#value = value;
    localStorage.setItem(key, value);
  }
}

function remembered(): 'markdown' | 'plain' {
  return typeof localStorage !== 'undefined' && localStorage.getItem(key) === 'plain' ? 'plain' : 'markdown';
}

export const answerFormat = new AnswerFormat();
