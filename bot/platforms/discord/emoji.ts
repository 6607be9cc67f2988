/**
 * Reactions as Discord names them <-> canonical names. Skin tones and the emoji variation selector are folded
 * away, so a brown thumb counts as a thumb; custom emoji are no marks.
 */
import { reactionGlyphs } from '../../../src/domain/state/emoji.js';

const folded = new Map([...reactionGlyphs].map(([name, glyph]) => [fold(glyph), name]));

/** `id` is set on a server's own emoji. */
export function canonical(emoji: { id?: string | null; name?: string | null }): string | undefined {
  if (emoji.id || !emoji.name) return undefined;
  return folded.get(fold(emoji.name));
}

/** What Discord's addresses and messages take; undefined for names without a look. */
export function glyphOf(name: string): string | undefined {
  return reactionGlyphs.get(name);
}

function fold(glyph: string): string {
  return glyph.replace(/[\u{1F3FB}-\u{1F3FF}\uFE0F]/gu, '');
}
