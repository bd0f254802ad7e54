import type { Concept } from '../concept.ts';

/** Famous towers and statues: tall works of iron, stone and copper. */
export const TOWERS_AND_STATUES: readonly Concept[] = [
  {
    id: 'eiffel-tower',
    kind: 'landmark',
    wording: {
      en: {
        names: ['the Eiffel Tower'],
        pronoun: 'It',
        heads: ['the tall iron lady', 'the great iron spire', 'the famous iron structure'],
        tails: ['beside the Seine', 'on the Champ de Mars', 'built for the fair of 1889'],
        facts: [
          'stands in Paris',
          'is a symbol of France',
          'is made of iron',
          'opened in 1889',
          'sparkles with lights at night',
        ],
        forms: ['I have four iron legs and one thin top.', 'My body is made of crossed iron bars.'],
      },
      es: {
        names: ['la torre Eiffel'],
        pronoun: '',
        heads: ['la alta dama de hierro', 'la gran aguja de hierro', 'la famosa estructura de hierro'],
        tails: ['junto al Sena', 'en el Campo de Marte', 'construida para la feria de 1889'],
        facts: [
          'está en París',
          'es un símbolo de Francia',
          'está hecha de hierro',
          'se inauguró en 1889',
          'brilla con luces por la noche',
        ],
        forms: [
          'Tengo cuatro patas de hierro y una punta fina.',
          'Mi cuerpo es de barras de hierro cruzadas.',
        ],
      },
      fr: {
        names: ['la tour Eiffel'],
        pronoun: 'Elle',
        heads: ['la haute dame de fer', 'la grande flèche de fer', 'la célèbre structure de fer'],
        tails: ['au bord de la Seine', 'sur le Champ-de-Mars', "bâtie pour l'exposition de 1889"],
        facts: [
          'se dresse à Paris',
          'est un symbole de la France',
          'est faite de fer',
          'a ouvert en 1889',
          'brille de mille lumières la nuit',
        ],
        forms: [
          "J'ai quatre pieds de fer et une pointe fine.",
          'Mon corps est fait de barres de fer croisées.',
        ],
      },
      zh: {
        names: ['埃菲尔铁塔'],
        pronoun: '它',
        heads: ['高高的铁夫人', '高大的铁尖顶', '有名的铁架建筑'],
        tails: ['塞纳河边的', '战神广场上的', '为1889年世博会建造的'],
        facts: ['矗立在巴黎', '是法国的象征', '是用铁做的', '在1889年开放', '夜里闪着灯光'],
        forms: ['我有四条铁腿和一个细细的尖顶。', '我的身体是交叉的铁条。'],
      },
    },
  },
  {
    id: 'big-ben',
    kind: 'landmark',
    wording: {
      en: {
        names: ['Big Ben'],
        pronoun: 'It',
        heads: ['the old clock tower', 'the tall tower with the huge clock', 'the famous clock tower'],
        tails: ['beside the Thames', 'next to the British Parliament', 'near Westminster Bridge'],
        facts: [
          'stands in London',
          'is in the United Kingdom',
          'has walls of stone and brick',
          'rings a deep bell every hour',
          'has four white clock faces',
        ],
        forms: ['I am a tall tower with a clock on each side.', 'My deep bell tells everyone the time.'],
      },
      es: {
        names: ['el Big Ben'],
        pronoun: '',
        heads: [
          'el viejo campanario del reloj',
          'el alto campanario del enorme reloj',
          'el famoso campanario del reloj',
        ],
        tails: ['junto al Támesis', 'al lado del Parlamento británico', 'cerca del puente de Westminster'],
        facts: [
          'está en Londres',
          'está en el Reino Unido',
          'tiene muros de piedra y ladrillo',
          'toca una campana grave cada hora',
          'tiene cuatro esferas blancas de reloj',
        ],
        forms: ['Soy una torre alta con un reloj en cada lado.', 'Mi campana grave dice la hora a todos.'],
      },
      fr: {
        names: ['Big Ben'],
        pronoun: 'Il',
        heads: [
          'le vieux clocher à horloge',
          "le haut clocher à l'énorme horloge",
          'le célèbre clocher à horloge',
        ],
        tails: ['au bord de la Tamise', 'à côté du Parlement britannique', 'près du pont de Westminster'],
        facts: [
          'se dresse à Londres',
          'est au Royaume-Uni',
          'a des murs de pierre et de brique',
          'sonne une cloche grave toutes les heures',
          'a quatre cadrans blancs',
        ],
        forms: [
          'Je suis une haute tour avec une horloge de chaque côté.',
          "Ma cloche grave dit l'heure à tous.",
        ],
      },
      zh: {
        names: ['大本钟'],
        pronoun: '它',
        heads: ['古老的报时塔', '有巨大表盘的高塔', '有名的报时塔'],
        tails: ['泰晤士河边的', '英国议会旁边的', '威斯敏斯特桥附近的'],
        facts: ['矗立在伦敦', '在英国', '有石头和砖的墙', '每个小时敲响低沉的钟声', '有四面白色的表盘'],
        forms: ['我是一座四面都有表盘的高塔。', '我低沉的钟声告诉大家时间。'],
      },
    },
  },
  {
    id: 'statue-of-liberty',
    kind: 'landmark',
    wording: {
      en: {
        names: ['the Statue of Liberty'],
        pronoun: 'It',
        heads: [
          'the green lady with the torch',
          'the copper giant with the crown',
          'the woman with the seven-pointed crown',
        ],
        tails: [
          'on an island in New York Harbor',
          'made by the sculptor Bartholdi',
          'on the island near Ellis Island',
        ],
        facts: [
          'stands in New York',
          'is in the United States',
          'has a skin of green copper',
          'was a gift from France',
          'lifts a torch covered with gold',
        ],
        forms: ['I wear a crown and hold up a torch.', 'My skin is green copper over a metal frame.'],
      },
      es: {
        names: ['la Estatua de la Libertad'],
        pronoun: '',
        heads: [
          'la dama verde de la antorcha',
          'la giganta de cobre con corona',
          'la mujer de la corona de siete puntas',
        ],
        tails: [
          'en una isla del puerto de Nueva York',
          'hecha por el escultor Bartholdi',
          'en la isla cercana a la isla Ellis',
        ],
        facts: [
          'está en Nueva York',
          'está en Estados Unidos',
          'tiene una piel de cobre verde',
          'fue un regalo de Francia',
          'levanta una antorcha cubierta de oro',
        ],
        forms: [
          'Llevo una corona y levanto una antorcha.',
          'Mi piel es de cobre verde sobre un armazón de metal.',
        ],
      },
      fr: {
        names: ['la statue de la Liberté'],
        pronoun: 'Elle',
        heads: [
          'la dame verte à la torche',
          'la géante de cuivre à la couronne',
          'la femme à la couronne de sept pointes',
        ],
        tails: [
          'sur une île du port de New York',
          'faite par le sculpteur Bartholdi',
          "sur l'île voisine d'Ellis Island",
        ],
        facts: [
          'se dresse à New York',
          'est aux États-Unis',
          'a une peau de cuivre vert',
          'fut un cadeau de la France',
          "lève une torche couverte d'or",
        ],
        forms: [
          'Je porte une couronne et je lève une torche.',
          'Ma peau est de cuivre vert sur une charpente de métal.',
        ],
      },
      zh: {
        names: ['自由女神像'],
        pronoun: '它',
        heads: ['举着火炬的绿色女士', '戴王冠的铜巨人', '头戴七尖王冠的女子'],
        tails: ['纽约港小岛上的', '雕塑家巴托尔迪创作的', '埃利斯岛旁边小岛上的'],
        facts: ['矗立在纽约', '在美国', '有绿色的铜皮肤', '是法国送的礼物', '举着包金的火炬'],
        forms: ['我戴着王冠，举着火炬。', '我的皮肤是绿色的铜，里面是金属架子。'],
      },
    },
  },
];
