/**
 * Letters that are read as Latin ones. `obscenity` keeps a table of fonts and small capitals,
 * `unhomoglyph` Unicode's own table of confusables (UTS 39); what neither knows, or reads by its sound and
 * not by its shape, stands here.
 */
import { resolveConfusablesTransformer } from 'obscenity';
import unhomoglyph from 'unhomoglyph';

/** Reads as the letter below it. */
const ours: readonly (readonly [string, string])[] = [
  ['вгдзикмнптуфхцчшщьыэюя', 'brdenkmhntyoxu4wwbbeor'],
  ['ꜰꞯꜱᴉɔɟɹʇʌʍɐǝɥɯʎʞɾƃ', 'fqsicfrtvwaehmykjg'],
  ['ᗴ᙭卂匚乇卄工丁长乚爪几口尸尺丂丅凵山丫乙乂', 'exacehitklmnoprstuwyzx'],
  ['ᒍᎧᏗᎮᎥᎴᏦᏝₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ', 'joapidklaehijklmnoprstuvx'],
  ['αβγδεζηθικλμνξοπρςστυφχψωƒ', 'abydezn0iklmveonpsstuoxvwf'],
  ['øđħłŧƀɨʉɇɉꝁꝗɍɏƶⱥȼǥᵽ', 'odhltbiuejkqryzacgp'],
  ['ⲁⲃⲇⲉⲍⲏⲑⲓⲕⲗⲙⲛⲝⲟⲡⲣⲥⲧⲩⲭⲱ', 'abdezhoiklmnxonpctuxw'],
  ['ภย๔ค๒๓๏กђเןɭןקร՝Շשฬאץչ', 'nudabmonhijljpsttvwxyz'],
  ['ㄥㄖㄒㄩㄚ千卩フҝɋðþ€∂₦₴₵₭₲₮₱₳฿∆∑', 'lotuyfpjkqdpednsckgtpabae'],
  ['ɓƈɗęɠɦįʝƙɭɱɳơƥʠɽşƭųʋɯҳƴȥą', 'bcdeghijklmnopqrstuvwxyza'],
];
const shapes = new Map(ours.flatMap(([from, to]) => [...from].map((letter, i) => [letter, to[i]!] as const)));

const { transform } = resolveConfusablesTransformer() as { transform: (code: number) => number | undefined };

/** Rows of the alphabet in signs that compatibility forms do not take apart. */
const rows = [0x1f150, 0x1f170, 0x1f1e6] as const;

const known = new Map<string, string>();

/** The Latin letter, or letters, that it looks like; else itself. */
export function latin(sign: string): string {
  if (sign <= '\x7f') return sign;
  let found = known.get(sign);
  if (found === undefined) {
    found = read(sign);
    // Bounded by what Unicode assigns, and by this where somebody sends all of it.
    if (known.size < 50_000) known.set(sign, found);
  }
  return found;
}

function read(sign: string): string {
  const shape = shapes.get(sign);
  if (shape) return shape;
  const code = sign.codePointAt(0)!;
  const row = rows.find((start) => code >= start && code < start + 26);
  if (row) return String.fromCharCode(97 + code - row);
  const folded = transform(code);
  if (folded !== undefined && folded !== code && folded < 0x80)
    return String.fromCodePoint(folded).toLowerCase();
  const alike = unhomoglyph(sign).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  // A single sign that looks like two letters side by side is the one that they draw.
  if (alike === 'rn') return 'm';
  return /^[\x21-\x7e]{1,2}$/.test(alike) ? alike : sign;
}
