/** Path template (`/v1/mutes/{id}`) -> the methods it takes. */
export type PathTable = Readonly<Record<string, readonly string[]>>;

export interface KnownPath {
  template: string;
  methods: readonly string[];
}

/** Which of our paths a request means: for labels of metrics, whose number must be bounded, and for `Allow`. */
export class Paths {
  readonly #exact = new Map<string, KnownPath>();
  readonly #patterns: { known: KnownPath; pattern: RegExp }[] = [];

  constructor(table: PathTable) {
    for (const [template, methods] of Object.entries(table)) {
      const known = { template, methods };
      if (!template.includes('{')) this.#exact.set(template, known);
      else this.#patterns.push({ known, pattern: new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`) });
    }
  }

  of(path: string): KnownPath | null {
    return this.#exact.get(path) ?? this.#patterns.find((p) => p.pattern.test(path))?.known ?? null;
  }
}
