import type { Concept } from '../concept.ts';

/** Bridges of Europe: near misses of the Golden Gate Bridge. */
export const BRIDGES_EUROPE: readonly Concept[] = [
  {
    id: 'tower-bridge',
    kind: 'landmark',
    wording: {
      en: {
        names: ['Tower Bridge'],
        pronoun: 'It',
        heads: [
          'the blue and white drawbridge',
          'the bridge that opens in two',
          'the bridge that looks like a castle',
        ],
        tails: ['over the Thames', 'beside the old royal fortress', 'where red buses cross the river'],
        facts: [
          'opened in 1894',
          'lifts its road for tall ships',
          'has two towers of stone and steel',
          'has a glass floor high up',
          'joins two sides of London',
        ],
        forms: [
          'I am a bridge with two stone towers like a castle.',
          'My road splits in the middle and rises.',
        ],
      },
      es: {
        names: ['el Tower Bridge', 'el Puente de la Torre'],
        pronoun: '',
        heads: [
          'el puente levadizo azul y blanco',
          'el puente que se abre en dos',
          'el puente que parece un castillo',
        ],
        tails: ['sobre el Támesis', 'junto a la vieja fortaleza real', 'donde autobuses rojos cruzan el río'],
        facts: [
          'se inauguró en 1894',
          'levanta su camino para los barcos altos',
          'tiene dos torres de piedra y acero',
          'tiene un suelo de cristal en lo alto',
          'une dos orillas de Londres',
        ],
        forms: [
          'Soy un puente con dos torres de piedra como un castillo.',
          'Mi camino se parte en el medio y se levanta.',
        ],
      },
      fr: {
        names: ['le Tower Bridge'],
        pronoun: 'Il',
        heads: [
          'le pont mobile bleu et blanc',
          "le pont qui s'ouvre en deux",
          'le pont qui ressemble à un château',
        ],
        tails: [
          'sur la Tamise',
          'près de la vieille forteresse royale',
          'où des bus rouges traversent le fleuve',
        ],
        facts: [
          'a ouvert en 1894',
          'lève sa route pour les grands navires',
          "a deux tours de pierre et d'acier",
          'a un sol de verre tout en haut',
          'relie deux rives de Londres',
        ],
        forms: [
          'Je suis un pont avec deux tours de pierre comme un château.',
          "Ma route s'ouvre au milieu et se lève.",
        ],
      },
      zh: {
        names: ['伦敦塔桥'],
        pronoun: '它',
        heads: ['蓝白相间的开合桥', '能从中间分开的桥', '像城堡的桥'],
        tails: ['泰晤士河上的', '古老王室堡垒旁的', '红色巴士过河的'],
        facts: [
          '在1894年通车',
          '为高船抬起桥面',
          '有两座石头和钢铁的高塔',
          '在高处有玻璃地板',
          '连接伦敦的两岸',
        ],
        forms: ['我是一座有两座石塔的桥，像城堡一样。', '我的路面从中间分开，然后升起。'],
      },
    },
  },
  {
    id: 'rialto-bridge',
    kind: 'landmark',
    wording: {
      en: {
        names: ['the Rialto Bridge'],
        pronoun: 'It',
        heads: [
          'the white bridge with shops',
          'the bridge of stone steps and shops',
          'the old bridge with one wide stone arch',
        ],
        tails: ['over the Grand Canal', 'beside the fish market of Venice', 'where gondolas pass below'],
        facts: [
          'was finished in 1591',
          'is made of white stone',
          'has two rows of shops',
          'is only for people on foot',
          'replaced an older bridge of wood',
        ],
        forms: ['I am a stone bridge with a single arch.', 'My steps climb up to a roof in the middle.'],
      },
      es: {
        names: ['el puente de Rialto'],
        pronoun: '',
        heads: [
          'el puente blanco con tiendas',
          'el puente de tiendas y escalones de piedra',
          'el viejo puente con un ancho arco de piedra',
        ],
        tails: [
          'sobre el Gran Canal',
          'junto al mercado de pescado de Venecia',
          'donde las góndolas pasan por debajo',
        ],
        facts: [
          'se terminó en 1591',
          'está hecho de piedra blanca',
          'tiene dos filas de tiendas',
          'es solo para peatones',
          'reemplazó un puente más viejo de madera',
        ],
        forms: [
          'Soy un puente de piedra con un solo arco.',
          'Mis escalones suben hasta un techo en el medio.',
        ],
      },
      fr: {
        names: ['le pont du Rialto'],
        pronoun: 'Il',
        heads: [
          'le pont blanc avec des boutiques',
          'le pont aux boutiques et aux marches de pierre',
          'le vieux pont au large arc de pierre',
        ],
        tails: [
          'sur le Grand Canal',
          'près du marché aux poissons de Venise',
          'où les gondoles passent dessous',
        ],
        facts: [
          'date de 1591',
          'est fait de pierre blanche',
          'a deux rangées de boutiques',
          'est réservé aux piétons',
          'a remplacé un vieux pont de bois',
        ],
        forms: [
          'Je suis un pont de pierre avec un seul arc.',
          "Mes marches montent jusqu'à un toit au milieu.",
        ],
      },
      zh: {
        names: ['里亚托桥'],
        pronoun: '它',
        heads: ['有商店的白桥', '有石阶和商店的桥', '只有一个大石拱的老桥'],
        tails: ['威尼斯大运河上的', '威尼斯鱼市旁的', '贡多拉从下面穿过的'],
        facts: ['在1591年建成', '用白色石头建成', '有两排商店', '只让行人通过', '代替了更老的木桥'],
        forms: ['我是一座只有一个拱的石桥。', '我的台阶通到中间的屋顶。'],
      },
    },
  },
];
