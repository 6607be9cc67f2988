/**
 * Sexual words, by language, in the notation of words-minors.ts. `weak` ones have innocent meanings (a
 * bird, an animal, a name), `body` ones are about clothes and bodies: both count only where the context
 * says of whom they speak.
 */
import type { Lexicon } from './lexicon.js';

export const sexualWords: Lexicon = {
  en: {
    strong: `
      prn pron bewbs fucc fuq xrated clothesless clotheless without-any-clothes w-o-clothes w-o-any-clothes
      no-pants-no-shirt no-shirt-no-pants fully-exposed disrob- -porn- -hentai- ecchi -ahegao- -nude- nudes
      nudez nudi- nood noods -naked- nakid nekkid nekked nkd -sexual- -sexy- -sexi- sex- sxy secks seks -erotic-
      eroti- -masturb- masterbat- -orgasm- orgy orgies -blowjob- -handjob- -footjob- rimjob- fellat-
      -cunniling- intercourse -fuck- fck fuking fukking phuck- phuk- -cumshot- -creampie- bukkake-
      -gangbang- molest- incest- bestiality -genital- penis- -vagina- vulva- clitor- -dildo- buttplug-
      titties titty boob boobs topless- unclothed unclad disrobed stripper- striptease- lewd- nsfw nsfl xxx
      x-rated milf milfs camgirl- onlyfans upskirt- downblouse cameltoe- horny aroused arousal slut- whore-
      prostitut- deepthroat- doggystyle- spread-legs legs-spread spread-eagle without-clothes
      without-clothing no-clothes no-clothing no-clothes-on wearing-nothing nothing-on not-wearing-anything
      in-the-nude in-the-buff au-naturel skinny-dip- birthday-suit clothes-off bare-breasts bare-breasted
      bare-butt bare-ass bare-bottom bare-bum private-parts making-love make-love oral-sex ejaculat- semen
      jizz- cunt- pubic scrotum- testicle- foreskin- grope groping groped blow-job hand-job rapist- raped
      raping strip-tease`,
    weak: `
      cock cocks dick dicks ass asses arse arses butt butts tit tits pussy pussies cum cums cumming anal
      anus rape rapes butthole- asshole- booty hump humping wank- 🍆 🍑 💦 👅 boobies booby labia bottomless
      sperm hooker- nipple-`,
    body: `
      lingerie panties panty thong g-string bikini bikinis underwear undies bra bras seductive- seducti-
      seducing sensual- sultry busty cleavage undress- stripping fetish- bdsm bondage negligee- fishnets
      fishnet-stockings fishnet-tights crotch- groin- breasts breast bosom- buttock- exposed-chest
      swimsuit-strip provocative- suggestive- voluptuous- 👙`,
    bound: '',
  },
  es: {
    strong: `
      sin-ropa porno desnud- sexo sexos erotic- masturb- follar- follando pornografi- encuerad- en-cueros
      tetas culo culos`,
    weak: '',
    body: 'braguitas sujetador tanga',
    bound: '',
  },
  fr: {
    strong: `
      sans-vetements sans-habits sexe sexes sexuel- erotique- deshabille- denude- toute-nue tout-nu
      seins-nus baiser branler chatte-nue`,
    weak: '',
    body: 'soutien-gorge',
    bound: 'nu nue nus nues',
  },
  de: {
    strong: `
      ohne-kleidung ohne-kleider porno sex erotisch- nackt- nackig- entblosst- entbloesst- erotik- sexuell-
      ficken- fickt entkleidet- unbekleidet- wichs-`,
    weak: '',
    body: 'unterwasche unterhose dessous',
    bound: '',
  },
  it: {
    strong: 'senza-vestiti sesso sessual- erotic- spogliat- scopare-',
    weak: '',
    body: '',
    bound: 'nuda nudo nude nudi',
  },
  pt: {
    strong: 'sem-roupa sem-roupas pelad- sexo desnud- transando foder-',
    weak: '',
    body: 'calcinha',
    bound: 'nua nu nuas nus',
  },
  nl: {
    strong: 'zonder-kleren porno sex naakt- bloot blote seks seksueel- erotisch- neuken-',
    weak: '',
    body: '',
    bound: '',
  },
  sv: {
    strong: 'utan-klader porno naken- nakna- naket porr porrfilm knulla- erotisk- avkladd-',
    weak: '',
    body: '',
    bound: '',
  },
  da: { strong: 'porno nøgen! nøgne! nøgent! nogne afklaedt-', weak: '', body: '', bound: 'nogen' },
  no: { strong: 'porno naken- nakne- knulle-', weak: '', body: '', bound: '' },
  fi: { strong: 'alaston- alasti- alastom- seksi-', weak: '', body: '', bound: '' },
  pl: {
    strong: 'bez-ubran nagie nagich nagosc goły! goła! gołe! rozebran- seks-',
    weak: '',
    body: '',
    bound: 'naga nagi nago goly gola',
  },
  cs: {
    strong: 'nahý! nahé! nahá! nahého! svlecen- erotick-',
    weak: '',
    body: '',
    bound: 'nahy nahe naha naho',
  },
  ro: {
    strong: 'dezbracat- goala goale nud nuda nuzi sexual- erotic-',
    weak: '',
    body: '',
    bound: 'gol goi',
  },
  hu: { strong: 'meztelen- pucer- szex- erotikus-', weak: '', body: '', bound: '' },
  tr: { strong: 'ciplak ciplak- cirilciplak seks- cinsel- erotik- sikis-', weak: '', body: '', bound: '' },
  id: {
    strong: 'tanpa-busana tanpa-baju telanjang- bugil- bokep- ngentot- seks-',
    weak: '',
    body: '',
    bound: '',
  },
  vi: { strong: 'khoa-than tinh-duc khieu-dam lam-tinh tran-truong', weak: '', body: '', bound: '' },
  tl: { strong: 'porno hubad- kantot-', weak: '', body: '', bound: 'hubo' },
  ru: {
    strong: `
      без-одежды голая голой голую голые голый голого голым голых голышом обнажен- порн- секс- эроти-
      раздет- трах- минет- мастурб- нагая нагой нагие нагую оргазм- интимн- хентай- сиськ- топлес-`,
    weak: '',
    body: 'трусик- белье лифчик-',
    bound: '',
  },
  uk: { strong: 'без-одягу оголен- гола голий голі голу роздягнен- еротич-', weak: '', body: '', bound: '' },
  bg: { strong: 'гол гола голо голи разсъблеч- еротич-', weak: '', body: '', bound: '' },
  el: { strong: 'γυμν- πορν- σεξ- ερωτικ-', weak: '', body: '', bound: '' },
  he: { strong: 'עירום ערום ערומה ערומים עירומה פורנ- סקס- ארוטי-', weak: '', body: '', bound: '' },
  ar: {
    strong: 'عاري- عار- عري عريان- جنس جنسي- جنسية اباحي- سكس- بورن- عراة',
    weak: '',
    body: '',
    bound: '',
  },
  fa: { strong: 'برهنه- لخت- پورن- سکس- عریان-', weak: '', body: '', bound: '' },
  hi: { strong: 'नग्न- नंगा नंगी नंगे अश्लील- सेक्स- पोर्न- यौन कामुक-', weak: '', body: '', bound: '' },
  bn: { strong: 'নগ্ন- উলঙ্গ- পর্ন- যৌন-', weak: '', body: '', bound: '' },
  ta: { strong: 'நிர்வாண- ஆபாச- செக்ஸ்- பாலியல்-', weak: '', body: '', bound: '' },
  th: { strong: 'เปลือย โป๊ เซ็กส์ อนาจาร ลามก หนังเอ็กซ์', weak: '', body: '', bound: '' },
  ko: {
    strong: '옷을벗은 누드 나체 알몸 벌거벗 섹스 야동 포르노 음란 야한 에로 성인물 자위 나신',
    weak: '',
    body: '',
    bound: '',
  },
  ja: {
    strong:
      '服を着ていない 服を脱 裸 ヌード エロ ポルノ セックス 猥褻 わいせつ 性的 性交 おっぱい 全裸 オナニー エッチ 変態 はだか ハダカ',
    weak: '',
    body: '下着 パンツ ブラジャー',
    bound: '',
  },
  zh: {
    strong:
      '没穿衣服 沒穿衣服 不穿衣服 脱衣 脫衣 裸 色情 性交 做爱 做愛 淫 黄片 情色 性感 脱光 性爱 性愛 乳房 阴部 自慰 强奸 強姦 露点',
    weak: '',
    body: '内衣 內衣 内裤 比基尼',
    bound: '',
  },
  emoji: { strong: '🔞', weak: '', body: '', bound: '' },
};
