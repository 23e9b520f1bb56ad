import type { StageFigures } from 'spikelet/pipeline';

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  text = '',
  className = '',
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no #${id}`);
  return found;
}

export function showFacts(
  list: HTMLElement,
  facts: readonly (readonly [name: string, value: string])[],
): void {
  list.replaceChildren(...facts.flatMap(([name, value]) => [element('dt', name), element('dd', value)]));
}

interface Card {
  readonly item: HTMLLIElement;
  readonly meter: HTMLMeterElement;
  readonly lines: readonly HTMLParagraphElement[];
  readonly button: HTMLButtonElement;
}

function makeCard({ stage, begin, end }: StageFigures, terminate: (stage: number) => void): Card {
  const item = element('li');
  const meter = element('meter');
  meter.max = 1;
  meter.setAttribute('aria-label', `load of stage ${stage + 1}`);
  const button = element('button', 'End this worker');
  button.type = 'button';
  button.addEventListener('click', () => terminate(stage));
  const lines = [element('p'), element('p'), element('p')];
  item.append(
    element('strong', `Stage ${stage + 1}: layers ${begin + 1} to ${end}`),
    meter,
    ...lines,
    button,
  );
  return { item, meter, lines, button };
}

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(0)} KB of weights`;

/** The stages with their load over the time since the figures before. */
export class StageList {
  readonly #list: HTMLElement;
  readonly #terminate: (stage: number) => void;
  #cards: readonly Card[] = [];
  #before: readonly StageFigures[] = [];

  constructor(list: HTMLElement, terminate: (stage: number) => void) {
    this.#list = list;
    this.#terminate = terminate;
  }

  show(figures: readonly StageFigures[], weights: readonly number[]): void {
    if (this.#cards.length !== figures.length) {
      this.#cards = figures.map((own) => makeCard(own, this.#terminate));
      this.#list.replaceChildren(...this.#cards.map(({ item }) => item));
    }
    figures.forEach((own, i) => {
      const [card, before] = [this.#cards[i], this.#before[i]];
      if (!card) return;
      const busy = own.busyMs - (before?.busyMs ?? 0);
      const waited = own.starvedMs + own.blockedMs - (before?.starvedMs ?? 0) - (before?.blockedMs ?? 0);
      const load = busy > 0 ? busy / Math.max(busy + waited, 1) : 0;
      card.item.classList.toggle('starting', own.state === 'starting');
      card.button.disabled = own.state === 'starting';
      card.meter.value = load;
      const perItem = own.items > 0 ? `${(own.busyMs / own.items).toFixed(1)} ms an item` : 'no items yet';
      const texts = [
        own.state === 'starting' ? 'starting' : `${Math.round(100 * load)} % busy, ${perItem}`,
        `${own.queue} waiting, ${kilobytes(weights[own.stage] ?? 0)}`,
        own.deaths === 0 ? '' : `ended ${own.deaths} ${own.deaths === 1 ? 'time' : 'times'}`,
      ];
      texts.forEach((text, line) => {
        const paragraph = card.lines[line];
        if (paragraph) paragraph.textContent = text;
      });
    });
    this.#before = figures;
  }

  clear(): void {
    this.#cards = [];
    this.#before = [];
    this.#list.replaceChildren();
  }
}
