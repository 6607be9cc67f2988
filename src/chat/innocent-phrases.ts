/**
 * Phrases in which a listed word means something else. They are looked for in words as they stand, never
 * in disguise, and take away only what they cover: a listed word beside them counts as ever.
 */

const animals = `
  elephant, penguin, seal, bird, robin, deer, fox, bear, panda, sloth, dragon, goat, hippo, rhino, whale,
  dolphin, turtle, sea turtle, rabbit, bunny, owl, duck, chick, cat, kitten, dog, puppy, lion, tiger, wolf,
  horse, lamb, pig, monkey, gorilla, koala, kangaroo, squirrel, hedgehog, otter, giraffe, zebra, raccoon,
  dinosaur, alien, yoda, groot, shark, octopus, bat, mouse, rat, hamster, swan, crocodile, snake, calf,
  foal, pony, parrot, camel, cub, fawn, hen, naked mole rat, daikon radish, sloths, elephants, penguins,
  birds, animal, animals
`;

const things = `
  whisky, whiskey, scotch, malt, wine, rum, cheese, car, truck, ship, boat, house, building, castle, bridge,
  church, temple, tree, oak, olive tree, bonsai, dog, cat, horse, tortoise, tradition, company, city, town,
  wall, ruin, ruins, statue, statues, painting, engine, computer, laptop, phone, guitar, violin, piano,
  book, photo, photograph, film, movie, recipe, barn, farm, garden, warranty, mortgage, sourdough
`;

/** Regular expressions of whole words, divided by semicolons: around words for minors ... */
const ofMinors = `
  (?:fair|roths)childs?; childress; childers; infantr(?:y|ies|ym[ae]n); infanta; barna(?:by|cle|cles);
  bellboys?; pedometers?; (?:[a-g]|key|chord|scale|harmonic|melodic|relative|natural|[a-g] flat|[a-g]
  sharp) minor; minor (?:key|chord|scale|league|planet|arcana|road|injur(?:y|ies)|details?|changes?|third|
  seventh|damage|flaws?|characters?|repairs?|works?|poets?|god|deit(?:y|ies)); (?:ursa|canis|asia|leo|
  friars?) minor; major and minor; kid (?:leather|gloves?|skin|boots?|goats?); kids leather; billy the
  kid; (?:the )?karate kid; cisco kid; sundance kid; baby (?:blue|pink|grand|oil|powder blue|doll dress|
  boomers?|carrots?|corn|spinach|bump|breath|steps?); baby (?:{animals}); babys breath; baby s breath;
  (?:girl|boy) (?:band|bands|group); game boys?; (?:pin ?up|cover|calendar|bond|call|flapper|show|poster|
  gibson|hula|vargas|ziegfeld|it|bunny|ring) girls?; (?:old|bad|pool|cabana|backstreet|beach|beastie)
  boys?; boys club; girl power; golden girls; girls night; mean girls; (?:college|university|art|grad|
  graduate|postgraduate|law|medical|adult|mature|phd|doctoral|undergraduate) students?; adult (?:pupils?|
  students?); student loans?; university freshm[ae]n; (?:dilated|constricted|eye|eyes) pupils?; pupils?
  (?:of|in) (?:an|the|her|his|its) eyes?; pupils (?:dilated|constricted); dilated pupils; (?:plant|tree|
  garden|rose) nursery; nursery (?:of|with) (?:plants|bare trees|trees|roses); young trees; youth
  hostels?; tween decks?; juvenile (?:bald eagle|eagle|gull|hawk|falcon|{animals}); infant (?:{animals});
  teenage mutant ninja(?: turtles?)?; teen titans; childish gambino; destinys child; wild child; (?:virgin|
  madonna|mother|mary|our lady) and (?:the )?(?:christ )?child; christ child; infant jesus; baby jesus;
  tot(?:s)? siegt; tater tots?; gothic lolita; sweet lolita; classic lolita; lolita (?:dress(?:es)?|
  fashion|style|novel|book|by nabokov|nabokov); (?:novel|book|nabokovs|nabokov s|nabokov) (?:novel
  )?lolita; ex girlfriend; son et lumiere; minor (?:adjustments?|scratch(?:es)?|wear|edits?|blemish(?:es)?|
  issues?|tones?|prophets?|basilica|axis|arc|royalty|nobility|planets|celebrit(?:y|ies)); fountain of
  youth; (?:\\d+|\\w+) ?(?:year|years|month|months|yr|yo) ?old (?:\\w+ )?(?:{things}|{animals}); (?:\\d+|
  \\w+) (?:years?|months?) (?:ago|later|before|after|in|apart); aged (?:\\d+|\\w+) (?:years|months)(?!
  old); aged \\d{3,}
`;

/** ... and around sexual ones. */
const ofBodies = `
  nudibranchs?; denud\\w+; snaked; sext(?:on|ons|ant|ants|et|ets|ette|uple|uplets?); sexagenarians?;
  sexennial; (?:a|bi|homo|hetero|trans|pan|demi|inter)sexual\\w*; \\w*(?:scl|[cxn]|id)erotic\\w*;
  sexis[mt]s?; penistone; milfoil; congenital(?:ly)?; nudnik; sexpartite; (?:the|a|to|by|with|from) naked
  eyes?; naked eye (?:astronom\\w+|observ\\w+|comets?|planets?|stars?|visib\\w+|view\\w*); barenaked
  ladies; naked ladies (?:lil(?:y|ies)|flowers?|band|album); naked (?:flame|flames|light ?bulbs?|bulb|mole
  ?rats?|trees?|branch(?:es)?|stems?|rock|rocks|brick(?:s)?(?: walls?)?|concrete|wood|walls?|beams?|
  singularity|gun|truth|lunch|juice|engine|oats|barley|wire|wires|cakes?|wedding cakes?|birthday cakes?|
  neck (?:hens?|chickens?|roosters?|chicks?)|bikes?(?! rides?)|raspberr(?:y|ies)); nude (?:heels?|pumps?|
  shoes?|lipsticks?|lips|nails?|tones?|colou?rs?|colou?red|palette|shades?|background|makeup|make up|beige|
  pink|polish); same sex; sex (?:ratio|education|determination|chromosomes?|of the (?:baby|animal|plant));
  sex and the city; unisex; opposite sex; both sexes; sex pistols; an orgy of (?:colou?rs?|light|flowers);
  dirty (?:harry|dancing); social intercourse; sperm whales?; xxxi?i?i?v? olympi\\w+; (?:great|blue|coal|
  marsh|willow|long tailed|crested|bearded|penduline) tits?; (?:blue|red) footed boob(?:y|ies); booby
  (?:trap|prize)s?; moby dick; dick (?:tracy|van dyke|whittington|cheney|turpin|francis|grayson|dastardly|
  and jane); philip k dick; spotted dick; (?:private|detective) dick; cock robin; (?:turkey|cockney|
  weather) cock; cock and (?:hens?|bull); cock(?:s)? (?:crow\\w*|fight\\w*|a doodle); black cock; pussy
  (?:willows?|cats?|foot\\w*); (?:summa |magna )?cum laude; anal fins?; (?:riding|on) an ass; ass (?:and|
  or) (?:mule|donkey|ox); ox and ass; wild ass(?:es)?; rape ?seed; rape (?:field|fields|oil); bread and
  butt\\w+; butt joints?; water butts?; humped? back\\w*; (?:speed|two|three|camel) humps?; booty and
  treasure; booty (?:chest|of pirates); pirate(?:s)? booty; breast (?:cancer|feed\\w*|milk|pocket|pump|
  stroke|plate|pin); breastfe(?:e?d)\\w*; (?:chicken|turkey|duck|red|robin) breasts?; breast(?:stroke|
  plate|plates|bone|work); red breasted; mothers breast; comic strip; film strip; strips? of; suggestive
  of; bottomless (?:pit|brunch|coffee|basket); topless (?:tower|bus|car)s?; nipple (?:bottle|of a bottle);
  bottle nipples?; pacifier nipple; por no; an al dente; hump backed whale; tit for tat; nu pieds; sous
  les nues; xxx large; horny (?:toads?|lizards?|beetles?); sexual (?:dimorphism|reproduction|selection|
  education|health|orientation|equality); stripping (?:wallpaper|paint|wires?|bark); (?:wire|paint|cable)
  strippers?; bosom (?:friends?|buddies|pals?); crotch of (?:an?|the) (?:\\w+ )?(?:tree|oak|branch); groin
  vault\\w*; (?:dans|les|ses|des|aux|mes|leurs|deux) bras; bras de; intercourse pennsylvania; (?:baby|
  infant|crochet|crocheted|knitted|wool|woollen|felt) boot(?:y|ies); sultry (?:day|summer|weather|night|
  heat|evening|afternoon|climate|air); bikini atoll; spongebob(?: \\w+){0,6} bikini bottom
`;

/** Alternatives of a list. */
const either = (list: string) => `(?:${list.trim().split(/,\s+/).join('|')})`;
const written = (phrases: string) =>
  phrases
    .replace(/\|\s+/g, '|')
    .replace(/\s+/g, ' ')
    .replaceAll('(?:{things}|{animals})', `(?:${either(things)}|${either(animals)})`)
    .replaceAll('(?:{animals})', either(animals))
    .replaceAll('{animals}', either(animals))
    .trim()
    .split(/; ?/);
const anyOf = (phrases: readonly string[]) =>
  new RegExp(`(?<![\\p{L}\\p{N}])(?:${phrases.join('|')})(?![\\p{L}\\p{N}])`, 'gu');
const any = anyOf([...written(ofMinors), ...written(ofBodies)]);
const anyOfBodies = anyOf(written(ofBodies));

/** What "naked" is said of where it follows: "a child naked eyes closed" speaks of no eye. */
const bare = /^(?:naked|nude|topless)/;
const people = new Set(
  `child children kid kids girl girls boy boys teen teens teenager teenagers baby babies toddler toddlers
  infant infants minor minors schoolgirl schoolgirls schoolboy schoolboys loli shota daughter son sister
  brother woman women man men lady ladies guy guys person people couple model models female male her him she
  he they body bodies fully completely totally entirely half is are was were being posing standing sitting
  lying`.split(/\s+/),
);

/** Whether what stands between a word and the next cuts them apart; a dot behind an initial does not. */
export const isCut = (word: string, between: string): boolean =>
  /[,;:!?|/()[\]{}<>"“”…、。–—]/.test(between) || (word.length > 1 && between.includes('.'));

/**
 * Places of the words that such phrases cover. `cuts`: places before which a sign stands that cuts; no phrase
 * goes on behind one.
 */
export function innocentWords(
  words: readonly string[],
  cuts: ReadonlySet<number>,
  phrases: RegExp = any,
): Set<number> {
  const covered = new Set<number>();
  const starts = new Map<number, number>();
  let text = '';
  for (const [at, word] of words.entries()) {
    text += at === 0 ? '' : cuts.has(at) ? ' , ' : ' ';
    starts.set(text.length, at);
    text += word;
  }
  for (const [match, index] of [...text.matchAll(phrases)].map((found) => [found[0], found.index] as const)) {
    let at = starts.get(index);
    if (at === undefined) continue;
    if (bare.test(match) && !cuts.has(at) && people.has(words[at - 1] ?? '')) continue;
    for (const _ of match.split(' ')) covered.add(at++);
  }
  return covered;
}

/** The text without such phrases of two words or more around sexual words. */
export function withoutInnocent(text: string): string {
  const found = [...text.matchAll(/[\p{L}\p{M}\p{N}]+/gu)];
  const cuts = new Set<number>();
  for (const [i, { 0: word, index }] of found.slice(0, -1).entries())
    if (isCut(word, text.slice(index + word.length, found[i + 1]!.index))) cuts.add(i + 1);
  const innocent = innocentWords(
    found.map(([word]) => word),
    cuts,
    anyOfBodies,
  );
  const alone = (at: number) => !innocent.has(at - 1) && !innocent.has(at + 1);
  let left = '';
  let from = 0;
  for (const at of innocent) {
    if (alone(at)) continue;
    const { 0: word, index } = found[at]!;
    left += `${text.slice(from, index)} `;
    from = index + word.length;
  }
  return left + text.slice(from);
}

/** The same in scripts that set no spaces. */
export const innocentUnspaced = /裸足|裸眼|裸子植物|イエロ|カロリ|ヒエログリフ|ゼロ|テロ|浸淫|淫雨|書淫/gu;
