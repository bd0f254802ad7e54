import type { Concept } from '../concept.ts';

/** The bridges of the United States and Australia: near misses of the Golden Gate Bridge. */
export const BRIDGES: readonly Concept[] = [
  {
    id: 'bay-bridge',
    kind: 'landmark',
    wording: {
      en: {
        names: ['the Bay Bridge'],
        pronoun: 'It',
        heads: [
          'the long gray bridge',
          'the steel bridge with two decks',
          'the bridge with a tunnel in its middle',
        ],
        tails: [
          'from San Francisco to Oakland',
          'that rests on Yerba Buena Island',
          'on the way to Berkeley',
        ],
        facts: [
          'opened in 1936',
          'joins San Francisco and Oakland',
          'is about seven kilometers long',
          'passes through a tunnel on an island',
          'once carried trains',
        ],
        forms: [
          'I am a long bridge in two parts.',
          'My gray steel towers stand in the water between two cities.',
        ],
      },
      es: {
        names: ['el Bay Bridge', 'el puente de la Bahía'],
        pronoun: '',
        heads: [
          'el largo puente gris',
          'el puente de acero con dos pisos',
          'el puente con un túnel en medio',
        ],
        tails: [
          'de San Francisco a Oakland',
          'que se apoya en la isla Yerba Buena',
          'en el camino de Berkeley',
        ],
        facts: [
          'se inauguró en 1936',
          'une San Francisco y Oakland',
          'mide unos siete kilómetros de largo',
          'pasa por un túnel en una isla',
          'antes llevaba trenes',
        ],
        forms: [
          'Soy un largo puente en dos partes.',
          'Mis torres de acero gris están en el agua entre dos ciudades.',
        ],
      },
      fr: {
        names: ['le Bay Bridge'],
        pronoun: 'Il',
        heads: ['le long pont gris', "le pont d'acier à deux étages", 'le pont avec un tunnel au milieu'],
        tails: [
          'de San Francisco à Oakland',
          "qui s'appuie sur l'île Yerba Buena",
          'sur la route de Berkeley',
        ],
        facts: [
          'a ouvert en 1936',
          'relie San Francisco et Oakland',
          'mesure environ sept kilomètres de long',
          'passe par un tunnel sur une île',
          'portait autrefois des trains',
        ],
        forms: [
          'Je suis un long pont en deux parties.',
          "Mes tours d'acier gris sont dans l'eau entre deux villes.",
        ],
      },
      zh: {
        names: ['海湾大桥'],
        pronoun: '它',
        heads: ['灰色长桥', '双层钢桥', '中间有隧道的桥'],
        tails: ['从旧金山通到奥克兰的', '架在耶尔巴布埃纳岛上的', '通往伯克利的'],
        facts: ['在1936年通车', '连接旧金山和奥克兰', '长约7公里', '穿过岛上的隧道', '从前也走火车'],
        forms: ['我是一座分成两段的长桥。', '我的灰色钢塔站在两座城市之间的水里。'],
      },
    },
  },
  {
    id: 'brooklyn-bridge',
    kind: 'landmark',
    wording: {
      en: {
        names: ['the Brooklyn Bridge'],
        pronoun: 'It',
        heads: [
          'the old bridge of stone and steel',
          'the bridge with pointed stone arches',
          'the brown suspension bridge',
        ],
        tails: ['over the East River', 'in New York', 'that starts in Manhattan'],
        facts: [
          'opened in 1883',
          'hangs from two towers of stone',
          'uses cables of steel wire',
          'has a wooden path for walkers',
          'carries cars into Manhattan',
        ],
        forms: [
          'I am a suspension bridge with two brown stone towers.',
          'My cables spread like the strings of a harp.',
        ],
      },
      es: {
        names: ['el puente de Brooklyn'],
        pronoun: '',
        heads: [
          'el viejo puente de piedra y acero',
          'el puente con arcos de piedra en punta',
          'el puente colgante marrón',
        ],
        tails: ['sobre el río Este', 'en Nueva York', 'que empieza en Manhattan'],
        facts: [
          'se inauguró en 1883',
          'cuelga de dos torres de piedra',
          'usa cables de alambre de acero',
          'tiene un camino de madera para peatones',
          'lleva coches hasta Manhattan',
        ],
        forms: [
          'Soy un puente colgante con dos torres de piedra marrón.',
          'Mis cables se abren como las cuerdas de un arpa.',
        ],
      },
      fr: {
        names: ['le pont de Brooklyn'],
        pronoun: 'Il',
        heads: [
          "le vieux pont de pierre et d'acier",
          'le pont aux arcs de pierre pointus',
          'le pont suspendu brun',
        ],
        tails: ["sur l'East River", 'à New York', 'qui commence à Manhattan'],
        facts: [
          'a ouvert en 1883',
          'est suspendu à deux tours de pierre',
          "utilise des câbles en fil d'acier",
          'a un chemin de bois pour les piétons',
          'mène les voitures à Manhattan',
        ],
        forms: [
          'Je suis un pont suspendu avec deux tours de pierre brune.',
          "Mes câbles s'ouvrent comme les cordes d'une harpe.",
        ],
      },
      zh: {
        names: ['布鲁克林大桥'],
        pronoun: '它',
        heads: ['石头和钢铁的老桥', '有尖石拱的桥', '棕色吊桥'],
        tails: ['东河上的', '纽约的', '从曼哈顿出发的'],
        facts: [
          '在1883年通车',
          '挂在两座石塔上',
          '用钢丝缆索吊起',
          '有一条给行人的木板路',
          '让汽车开进曼哈顿',
        ],
        forms: ['我是一座有两座棕色石塔的吊桥。', '我的缆索像竖琴的弦一样张开。'],
      },
    },
  },
  {
    id: 'sydney-harbour-bridge',
    kind: 'landmark',
    wording: {
      en: {
        names: ['the Sydney Harbour Bridge'],
        pronoun: 'It',
        heads: ['the gray steel arch bridge', 'the bridge shaped like a coat hanger', 'the great steel arch'],
        tails: ['in Australia', 'near the white opera house', 'where people climb to the top'],
        facts: [
          'opened in 1932',
          'is made of gray steel',
          'carries trains, cars and walkers',
          'has two stone towers at each end',
          'glows with fireworks at New Year',
        ],
        forms: ['I am a steel arch that holds up a road.', 'My back is curved like a coat hanger.'],
      },
      es: {
        names: ['el puente de la bahía de Sídney'],
        pronoun: '',
        heads: ['el puente de arco de acero gris', 'el puente con forma de percha', 'el gran arco de acero'],
        tails: ['en Australia', 'cerca de la ópera blanca', 'donde la gente sube hasta lo alto'],
        facts: [
          'se inauguró en 1932',
          'está hecho de acero gris',
          'lleva trenes, coches y peatones',
          'tiene dos torres de piedra en cada extremo',
          'brilla con fuegos artificiales en Año Nuevo',
        ],
        forms: ['Soy un arco de acero que sostiene un camino.', 'Mi espalda es curva como una percha.'],
      },
      fr: {
        names: ['le Harbour Bridge de Sydney', 'le pont du port de Sydney'],
        pronoun: 'Il',
        heads: ["le pont en arc d'acier gris", 'le pont en forme de cintre', "le grand arc d'acier"],
        tails: ['en Australie', "près de l'opéra blanc", "où les gens montent jusqu'en haut"],
        facts: [
          'a ouvert en 1932',
          "est fait d'acier gris",
          'porte des trains, des voitures et des piétons',
          'a deux tours de pierre à chaque bout',
          "brille de feux d'artifice au Nouvel An",
        ],
        forms: ["Je suis un arc d'acier qui porte une route.", 'Mon dos est courbé comme un cintre.'],
      },
      zh: {
        names: ['悉尼海港大桥'],
        pronoun: '它',
        heads: ['灰色钢拱桥', '像衣架的大桥', '巨大的钢拱'],
        tails: ['澳大利亚的', '白色歌剧院旁的', '人们能爬到顶上的'],
        facts: [
          '在1932年通车',
          '用灰色钢铁建成',
          '让火车、汽车和行人通过',
          '两端各有两座石塔',
          '在新年被烟花照亮',
        ],
        forms: ['我是一道托起路面的钢拱。', '我的背弯得像衣架。'],
      },
    },
  },
];
