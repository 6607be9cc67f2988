/**
 * Words about minors, by language: in dictionary form, alone, and no more than are needed. `ab-` stands
 * for all that begins so, `-ab-` for all that holds it, a sentence of words for itself. `strong` means a
 * minor whatever stands there; `weak` has other meanings; `bound` is a word of other languages too and
 * means one beside words of its own language.
 */
import type { Lexicon } from './lexicon.js';

export const minorWords: Lexicon = {
  en: {
    strong: `
      -child- toddler- -preteen- -underage- -schoolgirl- -schoolboy- -schoolkid- skoolgirl- youngling-
      elementary-schooler elementary-schoolers preschooler- -prepube- pubescent adolescent- teen teens
      -teenage- -teengirl- -teenboy- teenie teenies teeny-bopper newborn- kiddie- kiddy kiddo- kidz chld
      chldren grl grls gurl gurls tweens tweenie tweenies kindergartner- kindergartener- choirboy-
      girlchild- little-girl little-boy little-girls little-boys lil-girl lil-boy lil-girls lil-boys
      little-one little-ones small-girl small-boy young-girl young-boy young-girls young-boys baby-girl
      baby-boy kid-sister kid-brother little-sister little-brother little-kid little-kids young-kid
      young-kids school-girl school-boy school-girls school-boys school-kid school-kids under-age
      not-yet-eighteen under-eighteen grade-schooler grade-schoolers middle-schooler middle-schoolers
      high-schooler high-schoolers middle-school elementary-school primary-school junior-high jr-high
      altar-boy boy-scout girl-scout cub-scout first-grader second-grader third-grader fourth-grader
      fifth-grader sixth-grader seventh-grader eighth-grader ninth-grader tenth-grader barely-legal`,
    weak: `
      kid kids baby babies babys infant- girl girls boy boys minor minors tween juvenile- youngster-
      daughter- stepdaughter- granddaughter- my-son her-son his-son pupil pupils student students orphan
      orphans niece nieces nephew nephews tot tots high-school kindergarten- freshman nursery youth youths
      schoolmate- underclassman`,
    bound: '',
  },
  es: {
    strong: `
      niño! niña! niños! niñas! niñit-! menor-de-edad menores-de-edad adolescente- colegiala- infantil-
      chiquill- nenita- bebita- muchachita- jovencita- jovencito- ninitas ninita ninito`,
    weak: 'menores bebe bebes',
    bound: 'nino ninos nina ninas menor chica chicas chico chicos',
  },
  fr: {
    strong: `
      enfant enfants enfantin- fillette- garconnet- ecolier- ecoliere- collegienne lyceenne- mineure
      mineures gamine- jeune-fille jeunes-filles petite-fille petites-filles petit-garcon`,
    weak: 'garcon garcons bebe bebes',
    bound: 'fille filles mineur mineurs ado ados gosse gosses bambin',
  },
  de: {
    strong: `
      madchen- maedchen- jugendlich- kleinkind- schulkind- kindlich- schulmadchen- schulerin- minderjahrig-
      minderjaehrig- saugling- teenagerin- kindes bube-`,
    weak: 'knabe knaben',
    bound: 'kind kinder kindern junge jungen jungs',
  },
  it: {
    strong: 'bambin- ragazzin- minorenn- fanciull- adolescent- neonat- scolaret-',
    weak: 'ragazza ragazzo ragazze ragazzi bimba bimbo bimbi bimbe',
    bound: 'minore minori',
  },
  pt: {
    strong: 'menina- menino- crianca- menor-de-idade adolescente- garotinh- colegial colegiais novinha-',
    weak: 'garota garoto garotas garotos',
    bound: 'menor menores',
  },
  nl: {
    strong: `
      kinderen jongetje jongens meisje- jongetje- kleuter- peuter- minderjarig- schoolmeisje- tiener-`,
    weak: 'jongen',
    bound: 'kind kindje',
  },
  sv: {
    strong: 'flicka flickor flickan pojke pojkar pojken minderarig- smabarn- tonaring-',
    weak: '',
    bound: 'barn barnet barnen unge ungar',
  },
  da: {
    strong: 'mindrearig- smaborn skolepige-',
    weak: 'pige piger dreng drenge',
    bound: 'barn barnet born bornene',
  },
  no: { strong: 'jentunge- guttunge- tenaring-', weak: 'jente jenter', bound: 'barn barnet gutt gutter' },
  fi: {
    strong: 'lapsi lapset lapsen lasten lapsia tytto tytot pikkutytto- poikalapsi- alaikai- teini-',
    weak: 'poika pojat',
    bound: '',
  },
  pl: {
    strong: `
      dziecko dzieci dziecka dziewczynk- chlopiec chlopcy chlopczyk- nastolat- nieletni- maloletni-
      dzieciec- uczennic- niemowl-`,
    weak: 'dziewczyna dziewczyny',
    bound: '',
  },
  cs: {
    strong:
      'dítě! děti! ditete holcick- devcatk- chlapec chlapci chlapecek nezletil- skolack- detsk- kojenec',
    weak: 'holka divka',
    bound: 'dite deti',
  },
  ro: {
    strong: 'copil copii copilul copila fetita fetite baiat baieti baietel minora minori adolescent-',
    weak: '',
    bound: '',
  },
  hu: {
    strong: 'gyerek- gyermek- kislany- kisfiu- kiskoru- tinilany- csecsemo-',
    weak: 'lany fiu',
    bound: '',
  },
  tr: {
    strong: 'kız! kızlar! cocuk- bebek- ergen- kucuk-kiz ilkokul- liseli-',
    weak: '',
    bound: 'kiz kizlar oglan',
  },
  id: { strong: 'bocah- remaja anak-anak budak-kecil balita', weak: '', bound: 'anak gadis' },
  vi: { strong: 'tre-em be-gai be-trai tre-con tre-vi-thanh-nien thieu-nu nu-sinh', weak: '', bound: '' },
  tl: { strong: 'batang-babae batang-lalaki menor-de-edad', weak: '', bound: 'bata batang dalagita' },
  ru: {
    strong: `
      ребен- дети детей детям детск- девочк- девочек мальчик- малыш- подрост- несовершеннолет- школьни-
      младен- малолет- пацан- девчонк- девчуш- дитя- тинейджер-`,
    weak: 'сын дочь дочка дочери доченька',
    bound: '',
  },
  uk: {
    strong: `
      дитин- дітей діти дитяч- дівчинк- дівчат- хлопчик- підліт- неповноліт- школяр- немовл- малюк-`,
    weak: 'дівчина',
    bound: '',
  },
  bg: { strong: 'дете деца децата момиченц- момче- непълнолет- ученичк- бебе-', weak: 'момиче-', bound: '' },
  el: { strong: 'παιδι- κοριτσ- αγορι- αγορακ- εφηβ- ανηλικ- μωρο- νηπι- μαθητρι-', weak: '', bound: '' },
  he: { strong: 'ילד ילדה ילדים ילדות תינוק- קטין קטינה קטינים נערה נער נערות', weak: '', bound: '' },
  ar: {
    strong: 'طفل- اطفال- قاصر- صبي صبيان مراهق- رضيع- بنات-صغار',
    weak: 'بنت بنات فتاة ولد اولاد',
    bound: '',
  },
  fa: { strong: 'کودک- بچه- دختربچه- پسربچه- نوجوان- خردسال-', weak: 'دختر پسر', bound: '' },
  hi: {
    strong: 'बच्च- किशोर- नाबालिग- बालिका- बालक- शिशु-',
    weak: 'लड़की लड़का लड़के लड़कियां लड़कियाँ',
    bound: '',
  },
  bn: { strong: 'শিশু- বাচ্চা- কিশোর- নাবাল-', weak: 'মেয়ে ছেলে', bound: '' },
  ta: { strong: 'குழந்தை- சிறுமி- சிறுவன்- சிறுவர்-', weak: '', bound: '' },
  th: { strong: 'เด็ก เยาวชน ทารก', weak: 'วัยรุ่น', bound: '' },
  ko: {
    strong: '어린이 어린애 아동 미성년 유아 아기 초등학생 중학생 고등학생 여중생 여고생 꼬마',
    weak: '소녀 소년 아이',
    bound: '',
  },
  ja: {
    strong:
      '子供 子ども こども 児童 幼児 幼女 赤ちゃん 赤ん坊 小学生 中学生 高校生 女子高生 未成年 女児 男児 幼い 園児 小学校 中学校',
    weak: '少女 少年 女の子 男の子',
    bound: '',
  },
  zh: {
    strong:
      '儿童 兒童 小孩 孩子 小女孩 小男孩 幼童 婴儿 嬰兒 未成年 小学生 小學生 中学生 中學生 高中生 初中生 幼儿 幼兒 小朋友 女童 男童 童年',
    weak: '女孩 男孩 少女 少年 女孩子',
    bound: '',
  },
  emoji: { strong: '👶 👧 👦 🧒 🍼 🚸', weak: '', bound: '' },
};

/** Words that are both at once, and are refused alone. */
export const bothWords: Lexicon = {
  en: {
    strong: `
      -lolicon- loli lolis -shotacon- shota shotas csam csem -jailbait- pedo pedos pedobear -pedophil-
      -paedophil- pthc hebephil- ephebophil- nymphet- lolita lolitas -lolisex- -loliporn- -kiddieporn-
      -childporn- -kidporn-`,
    weak: '',
    bound: '',
  },
  ru: { strong: 'педофил-', weak: '', bound: '' },
  ja: { strong: 'ロリ ショタ 児童ポルノ', weak: '', bound: '' },
  zh: { strong: '萝莉 蘿莉 正太', weak: '', bound: '' },
  ko: { strong: '로리 쇼타', weak: '', bound: '' },
};
