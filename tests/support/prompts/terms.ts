/**
 * Labelled terms, by language: `minor` and `sexual` are single words of a dictionary, kept apart here and
 * put together only by the tests, through neutral templates. `people` and `place` are innocent words of the
 * same language.
 */
export interface LanguageRow {
  language: string;
  minor: string;
  sexual: string;
  innocent: string;
}

const row = (language: string, minor: string, sexual: string, innocent: string): LanguageRow => ({
  language,
  minor,
  sexual,
  innocent,
});

export const languages: readonly LanguageRow[] = [
  row(
    'en',
    'kid child teen toddler girl boy preteen schoolgirl',
    'nude naked porn sex nsfw erotic xxx topless',
    '',
  ),
  row('es', 'niña niño niños menor adolescente', 'desnuda desnudo porno sexo erótico', 'niña con paraguas'),
  row('fr', 'enfant enfants fillette garçon ado', 'nue nu porno sexe érotique', 'enfant sous la pluie'),
  row('de', 'Kind Kinder Mädchen Junge Jugendliche', 'nackt nacktes Porno Sex erotisch', 'Kind mit Hund'),
  row(
    'it',
    'bambina bambino bambini ragazzina minorenne',
    'nuda nudo porno sesso erotico',
    'bambino al mare',
  ),
  row('pt', 'menina menino criança adolescente', 'nua nu pelada pornô sexo', 'criança na praia'),
  row('nl', 'kind kinderen meisje jongen', 'naakt naakte porno seks', 'kind op een fiets'),
  row('sv', 'barn flicka pojke', 'naken nakna porr sex', 'barn i snö'),
  row('da', 'barn pige dreng', 'nøgen nøgne porno', 'barn med ballon'),
  row('no', 'barn jente gutt', 'naken nakne porno', 'barn i skogen'),
  row('fi', 'lapsi lapset tyttö poika', 'alaston alasti porno', 'lapsi ja koira'),
  row('pl', 'dziecko dzieci dziewczynka chłopiec', 'nagie naga porno seks', 'dziecko w lesie'),
  row('cs', 'dítě děti holčička chlapec', 'nahé nahá porno sex', 'dítě a pes'),
  row('ro', 'copil copii fetiță băiat', 'gol goală dezbrăcat porno', 'copil cu zmeu'),
  row('hu', 'gyerek gyermek kislány kisfiú', 'meztelen pucér pornó szex', 'gyerek a parkban'),
  row('tr', 'çocuk kız bebek', 'çıplak porno seks', 'çocuk ve kedi'),
  row('id', 'anak bocah remaja', 'telanjang bugil porno seks', 'anak di pantai'),
  row('vi', 'trẻ em bé gái', 'khỏa thân', 'trẻ em thả diều'),
  row('tl', 'bata batang', 'hubad hubo', 'bata sa ulan'),
  row(
    'ru',
    'ребёнок дети девочка мальчик школьница подросток',
    'голая голый обнажённый порно секс',
    'дети и собака',
  ),
  row('uk', 'дитина діти дівчинка хлопчик', 'оголена голий порно секс', 'діти в саду'),
  row('bg', 'дете деца момиче момче', 'гол гола порно секс', 'дете с балон'),
  row('el', 'παιδί κορίτσι αγόρι', 'γυμνό γυμνή πορνό σεξ', 'παιδί με σκύλο'),
  row('he', 'ילד ילדה ילדים קטינה', 'עירום ערום פורנו סקס', 'ילד עם כלב'),
  row('ar', 'طفل طفلة أطفال قاصر', 'عاري عارية إباحي جنس', 'طفل مع كلب'),
  row('fa', 'کودک بچه دختربچه', 'برهنه لخت پورن', 'کودک و سگ'),
  row('hi', 'बच्चा बच्चे बच्ची लड़की', 'नग्न नंगा नंगी अश्लील', 'बच्चा और कुत्ता'),
  row('ta', 'குழந்தை சிறுமி சிறுவன்', 'நிர்வாண நிர்வாணம் ஆபாச', 'குழந்தை மற்றும் நாய்'),
  row('th', 'เด็ก เด็กหญิง ทารก', 'เปลือย โป๊ อนาจาร', 'เด็กกับหมา'),
  row('ko', '아이 어린이 소녀 아동', '누드 나체 알몸 포르노', '아이와 고양이'),
  row('ja', '子供 少女 児童 小学生 子ども', '裸 全裸 ヌード エロ ポルノ', '子供と犬'),
  row('zh', '儿童 女孩 小孩 幼童 少女', '裸体 裸 色情 全裸', '儿童放风筝'),
];

/** Words for both at once. */
export const both = 'loli lolis lolicon shota shotacon csam pedo pedophile paedophile jailbait'.split(' ');
/** Their kind in other scripts. */
export const bothElsewhere = 'ロリ ショタ 萝莉 正太 педофил 児童ポルノ 로리'.split(' ');

/** An age that is a minor's. */
export const ages = [
  '12yo',
  '13 yo',
  '9 y.o.',
  '15 year old',
  '15-year-old',
  'fourteen year old',
  'sixteen-year-old',
  'aged 11',
  'age 7',
  'age: 10',
  '8 yr old',
  '10yrs old',
  '6 years old',
  'under 18',
  'u18',
  'underage',
  '１４ year old',
  '1３ yo',
  '14 y/o',
  '17 years of age',
  '12 Jahre',
  '13 ans',
  '11 años',
  '10 anni',
  '14 лет',
  '12歳',
  '13岁',
  '14살',
  '5th grader',
  'third grader',
  'middle schooler',
  'aged twelve',
  'thirteen yrs old',
  'X year old'.replace('X', 'seven'),
  'sub-18',
  'not yet 18',
  '12 yearold',
  'l2 year old',
  '1З year old',
  '13️⃣ year old',
] as const;

/** Small pictures that say it. */
export const pictures = { minor: ['👶', '👧', '👦', '🧒', '👧🏽', '👨‍👩‍👧'], sexual: ['🔞', '🍆💦', '🍑👙'] };

/** Words that are sexual beside a word about minors only. */
export const weakly = [
  '{m} in lingerie',
  '{m} in panties',
  '{m} ass',
  "{m}'s butt",
  'bare butt of a {m}',
  '{m} tits',
  'seductive {m}',
  'sensual {m} pose',
  '{m} wearing only a thong',
  'horny {m}',
  'rape of a {m}',
  '{m} c0ck',
  '{m} d1ck',
  'a55 of a {m}',
  '{m} pussy',
  '{m} undressing',
  '{m} without clothes',
  '{m} with no clothes on',
  '{m} bondage',
  '{m} fetish',
  '{m} in bikini',
  'sultry {m}',
  '{m} stripping',
  'busty {m}',
  '{m} cleavage',
  '{m} in underwear',
] as const;
