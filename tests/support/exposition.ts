/**
 * Reads Prometheus' text format 0.0.4 as its specification says, and refuses whatever that does not allow
 * (https://prometheus.io/docs/instrumenting/exposition_formats/); `lint` adds the rules of
 * https://prometheus.io/docs/practices/naming/ that `promtool check metrics` looks at. Knows nothing of the
 * library that wrote it.
 */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface Family {
  name: string;
  type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';
  help: string;
  samples: Sample[];
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*/;

export class Exposition {
  readonly families = new Map<string, Family>();

  constructor(text: string) {
    if (!text.endsWith('\n')) throw new Error('the last line does not end');
    let current: Family | undefined;
    const closed = new Set<string>();
    for (const line of text.slice(0, -1).split('\n')) {
      if (line === '') continue;
      const told = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*)(?: (.*))?$/.exec(line);
      if (line.startsWith('#') && !told) continue;
      const sample = told ? undefined : readSample(line);
      const name = told ? told[2]! : sample!.name;
      if (!current || !belongs(current, name, told !== null)) {
        if (current) closed.add(current.name);
        if (closed.has(name)) throw new Error(`lines of ${name} stand apart`);
        current = { name, type: 'untyped', help: '', samples: [] };
        this.families.set(name, current);
      }
      if (sample) current.samples.push(sample);
      else if (told![1] === 'HELP') current.help = told![3] ?? '';
      else {
        if (current.samples.length > 0) throw new Error(`the type of ${name} comes after its samples`);
        current.type = told![3] as Family['type'];
        if (!['counter', 'gauge', 'histogram', 'summary', 'untyped'].includes(current.type))
          throw new Error(`${name} is of type ${current.type}`);
      }
    }
    for (const family of this.families.values()) checkFamily(family);
  }

  /**
   * The sample's value; 0 where a labelled counter has not counted yet; throws where there is no such metric.
   */
  value(name: string, labels: Record<string, string> = {}): number {
    const base = this.families.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
    const family = this.families.get(base);
    if (!family) throw new Error(`no metric ${name}`);
    return family.samples
      .filter((s) => s.name === name && Object.entries(labels).every(([key, want]) => s.labels[key] === want))
      .reduce((sum, s) => sum + s.value, 0);
  }
}

/** What `promtool check metrics` would complain of. */
export function lint({ families }: Exposition): string[] {
  const problems: string[] = [];
  for (const { name, type, help, samples } of families.values()) {
    if (help === '') problems.push(`${name}: no help`);
    if ((type === 'counter') !== name.endsWith('_total')) problems.push(`${name}: _total is for counters`);
    if (type !== 'histogram' && type !== 'summary' && /_(count|sum|bucket)$/.test(name))
      problems.push(`${name}: the ending is a histogram's`);
    if (/_(milliseconds|ms|minutes|hours|days|kilobytes|megabytes|kb|mb|percent)(_|$)/.test(name))
      problems.push(`${name}: not in base units`);
    if (/[A-Z]/.test(name)) problems.push(`${name}: camel case`);
    for (const { labels } of samples)
      for (const label of Object.keys(labels))
        if (/[A-Z]/.test(label)) problems.push(`${name}: label ${label}`);
  }
  return problems;
}

function belongs(family: Family, name: string, isHead: boolean): boolean {
  if (name === family.name) return true;
  if (isHead || !name.startsWith(`${family.name}_`)) return false;
  const end = name.slice(family.name.length);
  return (
    (family.type === 'histogram' && ['_bucket', '_sum', '_count'].includes(end)) ||
    (family.type === 'summary' && ['_sum', '_count'].includes(end))
  );
}

function readSample(line: string): Sample {
  const bad = (why: string) => new Error(`${why}: ${line}`);
  const name = metricName.exec(line)?.[0];
  if (!name) throw bad('no name');
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    while (!rest.startsWith('}')) {
      const label = labelName.exec(rest)?.[0];
      if (!label || rest.slice(label.length, label.length + 2) !== '="') throw bad('a broken label');
      if (label in labels) throw bad(`label ${label} twice`);
      const value = /^(?:[^"\\]|\\["\\n])*/.exec(rest.slice(label.length + 2))![0];
      labels[label] = value.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c));
      rest = rest.slice(label.length + 2 + value.length);
      if (!rest.startsWith('"')) throw bad('a broken value of a label');
      rest = rest.slice(1);
      if (rest.startsWith(',')) rest = rest.slice(1);
      else if (!rest.startsWith('}')) throw bad('a broken list of labels');
    }
    rest = rest.slice(1);
  }
  const fields = /^[ \t]+(\S+)(?:[ \t]+(-?\d+))?[ \t]*$/.exec(rest);
  if (!fields) throw bad('no value');
  // As Go's ParseFloat reads it, which the format refers to: words in any case.
  const words: Record<string, number> = { nan: Number.NaN, '+inf': Infinity, '-inf': -Infinity };
  const value = words[fields[1]!.toLowerCase()] ?? Number(fields[1]);
  if (Number.isNaN(value) && !(fields[1]!.toLowerCase() in words)) throw bad('no number');
  return { name, labels, value };
}

function checkFamily({ name, type, samples }: Family): void {
  const seen = new Set<string>();
  for (const sample of samples) {
    const key = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (seen.has(key)) throw new Error(`${key} stands twice`);
    seen.add(key);
    if (type === 'counter' && !(sample.value >= 0)) throw new Error(`${name} counts below nothing`);
  }
  if (type !== 'histogram') return;
  const series = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels;
    const key = JSON.stringify(Object.entries(labels).sort());
    series.set(key, [...(series.get(key) ?? []), sample]);
  }
  for (const [labels, list] of series) {
    const where = `${name}${labels}`;
    const buckets = list.filter((s) => s.name === `${name}_bucket`);
    const bounds = buckets.map((s) => (s.labels.le === '+Inf' ? Infinity : Number(s.labels.le)));
    if (bounds.some((bound, i) => !(bound > (bounds[i - 1] ?? -Infinity))))
      throw new Error(`${where}: bounds out of order`);
    if (buckets.some((s, i) => s.value < (buckets[i - 1]?.value ?? 0)))
      throw new Error(`${where}: not cumulative`);
    const count = list.find((s) => s.name === `${name}_count`);
    if (bounds.at(-1) !== Infinity || buckets.at(-1)!.value !== count?.value)
      throw new Error(`${where}: the last bucket is not its count`);
    if (!list.some((s) => s.name === `${name}_sum`)) throw new Error(`${where}: no sum`);
  }
}
