import type { Concept } from '../concept.ts';

/** Famous gates and churches of Europe. */
export const GATES_AND_CHURCHES: readonly Concept[] = [
  {
    id: 'brandenburg-gate',
    kind: 'landmark',
    wording: {
      en: {
        names: ['the Brandenburg Gate'],
        pronoun: 'It',
        heads: [
          'the old stone entrance',
          'the building with twelve columns',
          'the old entrance with columns',
        ],
        tails: ['at the end of Unter den Linden', 'beside the Tiergarten', 'where the Berlin Wall once ran'],
        facts: [
          'stands in Berlin',
          'is in Germany',
          'is made of stone',
          'opened in 1791',
          'carries a chariot with four horses',
        ],
        forms: [
          'I have twelve stone columns and five ways through.',
          'On my roof four horses pull a chariot.',
        ],
      },
      es: {
        names: ['la Puerta de Brandeburgo'],
        pronoun: '',
        heads: [
          'la vieja entrada de piedra',
          'la construcción de doce columnas',
          'la vieja entrada con columnas',
        ],
        tails: ['al final de Unter den Linden', 'junto al Tiergarten', 'por donde pasaba el Muro de Berlín'],
        facts: [
          'está en Berlín',
          'está en Alemania',
          'está hecha de piedra',
          'se inauguró en 1791',
          'lleva un carro con cuatro caballos',
        ],
        forms: [
          'Tengo doce columnas de piedra y cinco pasos.',
          'Sobre mi techo cuatro caballos tiran de un carro.',
        ],
      },
      fr: {
        names: ['la porte de Brandebourg'],
        pronoun: 'Elle',
        heads: [
          'la vieille entrée de pierre',
          'la construction aux douze colonnes',
          'la vieille entrée à colonnes',
        ],
        tails: ["au bout d'Unter den Linden", 'à côté du Tiergarten', 'où passait le mur de Berlin'],
        facts: [
          'se dresse à Berlin',
          'est en Allemagne',
          'est faite de pierre',
          'a ouvert en 1791',
          "est coiffée d'un char à quatre chevaux",
        ],
        forms: [
          "J'ai douze colonnes de pierre et cinq passages.",
          'Sur mon toit, quatre chevaux tirent un char.',
        ],
      },
      zh: {
        names: ['勃兰登堡门'],
        pronoun: '它',
        heads: ['古老的石头入口', '有十二根柱子的建筑', '古老的柱廊入口'],
        tails: ['菩提树下大街尽头的', '蒂尔加滕公园旁边的', '柏林墙旧址上的'],
        facts: ['矗立在柏林', '在德国', '是用石头做的', '在1791年开放', '顶着一辆四匹马拉的战车'],
        forms: ['我有十二根石柱和五条通道。', '我的顶上有四匹马拉着一辆战车。'],
      },
    },
  },
  {
    id: 'sagrada-familia',
    kind: 'landmark',
    wording: {
      en: {
        names: ['the Sagrada Familia'],
        pronoun: 'It',
        heads: [
          'the tall basilica',
          'the great church with many towers',
          'the stone basilica with pointed towers',
        ],
        tails: ['designed by Gaudí', 'that Gaudí left unfinished', 'begun in Catalonia in 1882'],
        facts: [
          'stands in Barcelona',
          'is in Spain',
          'is made of stone',
          'has windows of colored glass',
          'has columns like trees',
        ],
        forms: ['I am a church with many pointed stone towers.', 'Inside me the columns spread like trees.'],
      },
      es: {
        names: ['la Sagrada Familia'],
        pronoun: '',
        heads: [
          'la alta basílica',
          'la gran iglesia de muchas torres',
          'la basílica de piedra con torres puntiagudas',
        ],
        tails: ['diseñada por Gaudí', 'que Gaudí dejó sin terminar', 'empezada en Cataluña en 1882'],
        facts: [
          'está en Barcelona',
          'está en España',
          'está hecha de piedra',
          'tiene ventanas de vidrio de colores',
          'tiene columnas como árboles',
        ],
        forms: [
          'Soy una iglesia con muchas torres puntiagudas de piedra.',
          'Dentro de mí las columnas se abren como árboles.',
        ],
      },
      fr: {
        names: ['la Sagrada Familia'],
        pronoun: 'Elle',
        heads: [
          'la haute basilique',
          'la grande église aux nombreuses tours',
          'la basilique de pierre aux tours pointues',
        ],
        tails: ['conçue par Gaudí', 'que Gaudí a laissée inachevée', 'commencée en Catalogne en 1882'],
        facts: [
          'se dresse à Barcelone',
          'est en Espagne',
          'est faite de pierre',
          'a des fenêtres de verre coloré',
          'a des colonnes comme des arbres',
        ],
        forms: [
          'Je suis une église avec beaucoup de tours de pierre pointues.',
          "En moi, les colonnes s'ouvrent comme des arbres.",
        ],
      },
      zh: {
        names: ['圣家堂'],
        pronoun: '它',
        heads: ['高高的教堂', '有许多高塔的大教堂', '有尖塔的石头教堂'],
        tails: ['高迪设计的', '高迪没有建完的', '1882年在加泰罗尼亚动工的'],
        facts: ['矗立在巴塞罗那', '在西班牙', '是用石头做的', '有彩色玻璃窗', '有像树一样的柱子'],
        forms: ['我是一座有许多石头尖塔的教堂。', '我里面的柱子像树一样张开。'],
      },
    },
  },
];
