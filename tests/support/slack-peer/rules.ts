/**
 * What Slack refuses in a message and the emulator lets pass: bounds of blocks, repeated names, empty texts,
 * mentions made by markup. https://docs.slack.dev/reference/block-kit/blocks
 */
interface Element {
  type: string;
  text?: string | { type: string; text: string };
  action_id?: string;
  value?: string;
  elements?: Element[];
  options?: { text: { text: string }; value: string }[];
}

export interface Block extends Element {
  block_id?: string;
  alt_text?: string;
  slack_file?: { id?: string };
}

export interface Body {
  text?: string;
  blocks?: Block[];
  metadata?: { event_type: string; event_payload: Record<string, unknown> };
}

export function objections({ text = '', blocks = [], metadata }: Body): string[] {
  const found: string[] = [];
  const expect = (holds: boolean, what: string) => {
    if (!holds) found.push(what);
  };
  expect(text !== '', 'a message needs text for notifications');
  expect(text.length <= 4000, 'text beyond 4000 characters');
  expect(!/<[!@#]|[<>]/.test(text), `markup in the text: ${text}`);
  expect(blocks.length <= 50, 'more than 50 blocks');
  const names = blocks.flatMap(({ block_id }) => (block_id === undefined ? [] : [block_id]));
  expect(new Set(names).size === names.length, 'two blocks of one name');
  expect(
    names.every((name) => name !== '' && name.length <= 255),
    'a block name of wrong length',
  );
  for (const block of blocks) {
    if (block.type === 'image') {
      expect(Boolean(block.slack_file?.id), 'an image without a file');
      expect(
        Boolean(block.alt_text) && block.alt_text!.length <= 2000,
        'an image without a fitting alt text',
      );
    } else if (block.type === 'actions') {
      const actions = block.elements ?? [];
      expect(actions.length > 0 && actions.length <= 25, 'actions of wrong number');
      expect(new Set(actions.map((a) => a.action_id)).size === actions.length, 'two actions of one name');
      for (const action of actions)
        expect(fits(action), `an action out of bounds: ${JSON.stringify(action)}`);
    } else if (block.type === 'rich_text') {
      const parts = (block.elements ?? []).flatMap((section) => section.elements ?? []);
      expect(parts.length > 0, 'rich text without parts');
      expect(
        parts.every((p) => p.type === 'text' || p.type === 'date'),
        'a part that is not literal',
      );
      expect(
        parts.every((p) => p.type !== 'text' || p.text !== ''),
        'an empty part',
      );
    } else found.push(`a block that we do not send: ${block.type}`);
  }
  if (metadata) expect(/^[a-z_]+$/.test(metadata.event_type), 'metadata without a type');
  return found;
}

function fits({ type, action_id = '', text, value, options }: Element): boolean {
  if (action_id === '' || action_id.length > 255) return false;
  if (type === 'static_select')
    return (
      options !== undefined &&
      options.length > 0 &&
      options.length <= 100 &&
      options.every((o) => o.text.text.length <= 75 && o.value.length <= 75)
    );
  const label = typeof text === 'object' ? text.text : '';
  return (
    type === 'button' &&
    label !== '' &&
    label.length <= 75 &&
    (value === undefined || (value !== '' && value.length <= 2000))
  );
}

export function filesIn({ blocks = [] }: Body): string[] {
  return blocks.flatMap((block) => (block.slack_file?.id ? [block.slack_file.id] : []));
}

/** All words of a message, as people read them. */
export function wordsOf({ blocks = [] }: Body): string {
  return blocks
    .flatMap((block) => block.elements ?? [])
    .flatMap((section) => section.elements ?? [])
    .map((part) => (typeof part.text === 'string' ? part.text : ''))
    .join('');
}

/** The first line in bold. */
export function titleOf({ blocks = [] }: Body): string {
  const first = blocks.find((b) => b.type === 'rich_text')?.elements?.[0]?.elements?.[0];
  return typeof first?.text === 'string' ? first.text : '';
}
