import type { Concept } from '../concept.ts';

/** Great old places of Asia. */
export const ASIAN_PLACES: readonly Concept[] = [
  {
    id: 'great-wall',
    kind: 'landmark',
    wording: {
      en: {
        names: ['the Great Wall'],
        pronoun: 'It',
        heads: ['the very long stone barrier', 'the long line of watchtowers', 'the old stone defense'],
        tails: [
          'across the mountains of northern China',
          'built to protect the Ming emperors',
          'from Shanhaiguan to Jiayuguan',
        ],
        facts: [
          'passes near Beijing',
          'is in China',
          'is made of stone and brick',
          'is thousands of kilometers long',
          'climbs over many mountains',
        ],
        forms: [
          'I am long and wind over the mountains like a dragon.',
          'I am made of stone and brick with many watchtowers.',
        ],
      },
      es: {
        names: ['la Gran Muralla'],
        pronoun: '',
        heads: ['la larguísima barrera de piedra', 'la larga línea de torres', 'la vieja defensa de piedra'],
        tails: [
          'por las montañas del norte de China',
          'hecha para proteger a los emperadores Ming',
          'desde Shanhaiguan hasta Jiayuguan',
        ],
        facts: [
          'pasa cerca de Pekín',
          'está en China',
          'está hecha de piedra y ladrillo',
          'mide miles de kilómetros',
          'sube por muchas montañas',
        ],
        forms: [
          'Soy larga y cruzo las montañas como un dragón.',
          'Soy de piedra y ladrillo, con muchas torres.',
        ],
      },
      fr: {
        names: ['la Grande Muraille'],
        pronoun: 'Elle',
        heads: [
          'la très longue barrière de pierre',
          'la longue ligne de tours',
          'la vieille défense de pierre',
        ],
        tails: [
          'sur les montagnes du nord de la Chine',
          'faite pour protéger les empereurs Ming',
          'de Shanhaiguan à Jiayuguan',
        ],
        facts: [
          'passe près de Pékin',
          'est en Chine',
          'est faite de pierre et de brique',
          'mesure des milliers de kilomètres',
          'grimpe sur beaucoup de montagnes',
        ],
        forms: [
          'Je suis longue et je cours sur les montagnes comme un dragon.',
          'Je suis de pierre et de brique, avec beaucoup de tours.',
        ],
      },
      zh: {
        names: ['长城'],
        pronoun: '它',
        heads: ['绵延的石头屏障', '连着许多烽火台的防线', '古老的石头防线'],
        tails: ['横跨中国北方群山的', '为保护明朝皇帝而建的', '从山海关到嘉峪关的'],
        facts: ['从北京附近经过', '在中国', '是用石头和砖做的', '有几千公里长', '爬过许多高山'],
        forms: ['我很长，像龙一样盘在群山上。', '我是用石头和砖做的，有许多烽火台。'],
      },
    },
  },
  {
    id: 'taj-mahal',
    kind: 'landmark',
    wording: {
      en: {
        names: ['the Taj Mahal'],
        pronoun: 'It',
        heads: [
          'the white marble tomb',
          'the tomb with the white dome',
          'the marble tomb with four minarets',
        ],
        tails: [
          'built by Shah Jahan for his wife',
          'where Shah Jahan lies beside his wife',
          'that Shah Jahan finished in 1653',
        ],
        facts: [
          'stands in Agra',
          'is in India',
          'has walls of white stone',
          'has a great round dome',
          'looks pink at sunrise',
        ],
        forms: [
          'I am a white tomb with a great round dome.',
          'Four thin towers stand around my white walls.',
        ],
      },
      es: {
        names: ['el Taj Mahal'],
        pronoun: '',
        heads: [
          'el mausoleo de mármol blanco',
          'el mausoleo de la cúpula blanca',
          'el mausoleo de mármol con cuatro minaretes',
        ],
        tails: [
          'construido por Shah Jahan para su esposa',
          'donde Shah Jahan descansa junto a su esposa',
          'que Shah Jahan terminó en 1653',
        ],
        facts: [
          'está en Agra',
          'está en la India',
          'tiene muros de piedra blanca',
          'tiene una gran cúpula redonda',
          'se ve rosa al amanecer',
        ],
        forms: [
          'Soy un mausoleo blanco con una gran cúpula redonda.',
          'Cuatro torres finas rodean mis muros blancos.',
        ],
      },
      fr: {
        names: ['le Taj Mahal'],
        pronoun: 'Il',
        heads: [
          'le mausolée de marbre blanc',
          'le mausolée au dôme blanc',
          'le mausolée de marbre aux quatre minarets',
        ],
        tails: [
          'bâti par Shah Jahan pour sa femme',
          'où Shah Jahan repose près de sa femme',
          'que Shah Jahan a terminé en 1653',
        ],
        facts: [
          'se dresse à Agra',
          'est en Inde',
          'a des murs de pierre blanche',
          'a un grand dôme rond',
          'paraît rose au lever du soleil',
        ],
        forms: [
          'Je suis un mausolée blanc avec un grand dôme rond.',
          'Quatre tours fines entourent mes murs blancs.',
        ],
      },
      zh: {
        names: ['泰姬陵'],
        pronoun: '它',
        heads: ['白色大理石墓', '白色圆顶的墓宫', '有四座尖塔的大理石墓'],
        tails: ['沙贾汗为妻子建造的', '沙贾汗和妻子长眠的', '沙贾汗在1653年建成的'],
        facts: ['矗立在阿格拉', '在印度', '有白色石头的墙', '有一个巨大的圆顶', '日出时看起来是粉色的'],
        forms: ['我是一座有巨大圆顶的白色陵墓。', '四座细细的尖塔围着我的白墙。'],
      },
    },
  },
];
