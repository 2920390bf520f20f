// Evaluates the part of PromQL that the dashboard is written in, over scrapes that were kept.

export interface Scrape {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly samples: Readonly<Record<string, number>>;
}

type Labels = Readonly<Record<string, string>>;
interface Sample {
  readonly labels: Labels;
  readonly value: number;
}
/** What an expression comes to at one scrape. */
type Value = number | readonly Sample[];
type Node = (index: number) => Value;

/** Dashboards leave the range of a rate to Grafana: four scrapes. */
const RANGE_SCRAPES = 4;
const TOKEN = /\s*([a-zA-Z_][\w:]*|\d+(?:\.\d+)?|\[[^\]]*\]|[(){},+*/>-])/y;
const AGGREGATES = ['sum', 'max', 'min'];

const isVector = (value: Value): value is readonly Sample[] => typeof value !== 'number';
const keyOf = (labels: Labels): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(text)?.[1];
    if (found === undefined) throw new Error(`Cannot read ${text.slice(at)}`);
    tokens.push(found);
  }
  return tokens;
}

/** Every series of a metric with its value in each scrape. */
function indexSeries(scrapes: readonly Scrape[]) {
  const byName = new Map<string, Map<string, { labels: Labels; values: (number | undefined)[] }>>();
  scrapes.forEach(({ samples }, index) => {
    for (const [series, value] of Object.entries(samples)) {
      const [, name = '', text = ''] = /^([^{]+)(?:\{(.*)\})?$/.exec(series) ?? [];
      const ofName = byName.get(name) ?? new Map();
      byName.set(name, ofName);
      const known = ofName.get(text) ?? {
        labels: Object.fromEntries(
          [...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', held = '']) => [key, held]),
        ),
        values: [],
      };
      known.values[index] = value;
      ofName.set(text, known);
    }
  });
  return byName;
}

/** @returns the series that an expression has, each with a value or null for every scrape. */
export function createEvaluator(scrapes: readonly Scrape[]) {
  const byName = indexSeries(scrapes);
  const seriesOf = (name: string) => [...(byName.get(name)?.values() ?? [])];

  const select =
    (name: string): Node =>
    (index) =>
      seriesOf(name).flatMap(({ labels, values }) => {
        const value = values[index];
        return value === undefined ? [] : [{ labels, value }];
      });

  /** What counters grew by; one that is lower than before has begun anew. */
  const grow =
    (name: string, hours: number | null, perSecond: boolean): Node =>
    (index) => {
      const now = scrapes[index]?.at ?? 0;
      const isIn = (at: number) => hours === null || now - at <= hours * 3_600_000;
      let first = index;
      while (
        first > 0 &&
        isIn(scrapes[first - 1]?.at ?? 0) &&
        (hours !== null || index - first < RANGE_SCRAPES)
      )
        first -= 1;
      const seconds = (now - (scrapes[first]?.at ?? now)) / 1000;
      if (seconds <= 0) return [];
      return seriesOf(name).map(({ labels, values }) => {
        let grown = 0;
        for (let at = first + 1; at <= index; at++) {
          const [before = 0, after] = [values[at - 1], values[at]];
          if (after !== undefined) grown += after < before ? after : after - before;
        }
        return { labels, value: perSecond ? grown / seconds : grown };
      });
    };

  function compile(text: string): Node {
    const tokens = tokenize(text);
    let at = 0;
    const take = (wanted?: string): string => {
      const token = tokens[at++] ?? '';
      if (wanted !== undefined && token !== wanted)
        throw new Error(`${text}: ${wanted} expected, not ${token}`);
      return token;
    };

    function compare(): Node {
      const left = add();
      if (tokens[at] !== '>') return left;
      take();
      const right = add();
      return (index) => {
        const [values, bound] = [left(index), right(index)];
        if (!isVector(values) || isVector(bound))
          throw new Error(`${text}: only a vector is held against a number`);
        return values.filter(({ value }) => value > bound);
      };
    }
    const binary = (
      next: () => Node,
      operators: Readonly<Record<string, (a: number, b: number) => number>>,
    ): Node => {
      let left = next();
      for (let act = operators[tokens[at] ?? '']; act; act = operators[tokens[at] ?? '']) {
        take();
        const [before, right, apply] = [left, next(), act];
        left = (index) => combine(before(index), right(index), apply);
      }
      return left;
    };
    const add = (): Node => binary(multiply, { '+': (a, b) => a + b, '-': (a, b) => a - b });
    const multiply = (): Node => binary(unary, { '*': (a, b) => a * b, '/': (a, b) => a / b });

    function unary(): Node {
      const token = take();
      if (/^\d/.test(token)) return () => Number(token);
      if (token === '(') {
        const inner = compare();
        take(')');
        return inner;
      }
      if (AGGREGATES.includes(token)) return aggregate(token);
      if (token === 'histogram_quantile') {
        take('(');
        const share = Number(take());
        take(',');
        const buckets = compare();
        take(')');
        return (index) => quantile(share, buckets(index));
      }
      if (token === 'rate' || token === 'increase') {
        take('(');
        const name = take();
        const hours = /^\[(\d+)h\]$/.exec(take())?.[1];
        take(')');
        return grow(name, hours === undefined ? null : Number(hours), token === 'rate');
      }
      return select(token);
    }

    function aggregate(how: string): Node {
      const by: string[] = [];
      if (tokens[at] === 'by') {
        take();
        take('(');
        while (tokens[at] !== ')')
          if (tokens[at] === ',') take();
          else by.push(take());
        take(')');
      }
      take('(');
      const inner = compare();
      take(')');
      return (index) => {
        const groups = new Map<string, { labels: Labels; value: number }>();
        for (const { labels, value } of toVector(inner(index))) {
          const kept = Object.fromEntries(
            by.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])),
          );
          const known = groups.get(keyOf(kept));
          const merged = !known
            ? value
            : how === 'sum'
              ? known.value + value
              : Math[how as 'max' | 'min'](known.value, value);
          groups.set(keyOf(kept), { labels: kept, value: merged });
        }
        return [...groups.values()];
      };
    }

    const whole = compare();
    if (at !== tokens.length) throw new Error(`${text}: ${tokens.slice(at).join(' ')} is left over`);
    return whole;
  }

  return (text: string): Map<string, (number | null)[]> => {
    const node = compile(text);
    const found = new Map<string, (number | null)[]>();
    scrapes.forEach((_, index) => {
      for (const { labels, value } of toVector(node(index))) {
        const name = Object.values(labels).join(' ');
        const line = found.get(name) ?? scrapes.map(() => null);
        line[index] = Number.isFinite(value) ? value : null;
        found.set(name, line);
      }
    });
    return found;
  };
}

const toVector = (value: Value): readonly Sample[] => (isVector(value) ? value : [{ labels: {}, value }]);

/** Series of the same labels, or each with a number. */
function combine(left: Value, right: Value, apply: (a: number, b: number) => number): Value {
  if (!isVector(left))
    return isVector(right)
      ? right.map((one) => ({ ...one, value: apply(left, one.value) }))
      : apply(left, right);
  if (!isVector(right)) return left.map((one) => ({ ...one, value: apply(one.value, right) }));
  const others = new Map(right.map(({ labels, value }) => [keyOf(labels), value]));
  return left.flatMap(({ labels, value }) => {
    const other = others.get(keyOf(labels));
    return other === undefined ? [] : [{ labels, value: apply(value, other) }];
  });
}

/** As Prometheus interpolates: evenly within the bucket that the share falls into. */
function quantile(share: number, value: Value): Value {
  const groups = new Map<string, { labels: Labels; buckets: [number, number][] }>();
  for (const { labels, value: count } of toVector(value)) {
    const { le = '', ...rest } = labels;
    const group = groups.get(keyOf(rest)) ?? { labels: rest, buckets: [] };
    group.buckets.push([le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), count]);
    groups.set(keyOf(rest), group);
  }
  return [...groups.values()].flatMap(({ labels, buckets }) => {
    buckets.sort(([a], [b]) => a - b);
    const wanted = share * (buckets.at(-1)?.[1] ?? 0);
    if (wanted <= 0) return [];
    const at = buckets.findIndex(([, count]) => count >= wanted);
    const [upper, count] = buckets[at] ?? [0, 0];
    const [lower, below] = buckets[at - 1] ?? [0, 0];
    const within = Number.isFinite(upper)
      ? lower + ((upper - lower) * (wanted - below)) / (count - below)
      : lower;
    return [{ labels, value: within }];
  });
}
