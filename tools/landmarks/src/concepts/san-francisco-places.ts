import type { Concept } from '../concept.ts';

/** San Francisco's tall buildings. */
export const SAN_FRANCISCO_PLACES: readonly Concept[] = [
  {
    id: 'coit-tower',
    kind: 'landmark',
    wording: {
      en: {
        names: ['Coit Tower', 'Coit Tower in San Francisco'],
        pronoun: 'It',
        heads: ['the slim white column', 'the round white lookout', 'the tall concrete column'],
        tails: ['on Telegraph Hill', 'with murals on its inner walls', 'above the hill of wild parrots'],
        facts: [
          'opened in 1933',
          'is 64 meters tall',
          'is made of concrete',
          'has large murals inside',
          'looks over San Francisco and the bay',
        ],
        forms: ['I am a white column on top of a hill.', 'My round body looks like the nozzle of a hose.'],
      },
      es: {
        names: ['la torre Coit', 'la torre Coit de San Francisco'],
        pronoun: '',
        heads: ['la esbelta columna blanca', 'la blanca atalaya redonda', 'la alta columna de hormigón'],
        tails: [
          'en lo alto de Telegraph Hill',
          'con murales en sus paredes interiores',
          'sobre la colina de los loros salvajes',
        ],
        facts: [
          'se inauguró en 1933',
          'mide 64 metros de alto',
          'es de hormigón',
          'tiene grandes murales dentro',
          'mira sobre San Francisco y la bahía',
        ],
        forms: [
          'Soy una columna blanca en lo alto de una colina.',
          'Mi cuerpo redondo parece la boca de una manguera.',
        ],
      },
      fr: {
        names: ['la tour Coit', 'la tour Coit de San Francisco'],
        pronoun: 'Elle',
        heads: ['la mince colonne blanche', 'la vigie ronde et blanche', 'la haute colonne de béton'],
        tails: [
          'au sommet de Telegraph Hill',
          "avec des fresques à l'intérieur",
          'sur la colline aux perroquets sauvages',
        ],
        facts: [
          'a ouvert en 1933',
          'mesure 64 mètres de haut',
          'est en béton',
          "a de grandes fresques à l'intérieur",
          'domine San Francisco et la baie',
        ],
        forms: [
          "Je suis une colonne blanche au sommet d'une colline.",
          "Mon corps rond ressemble au bout d'une lance à eau.",
        ],
      },
      zh: {
        names: ['科伊特塔', '旧金山科伊特塔'],
        pronoun: '它',
        heads: ['细细的白色圆柱', '圆形的白色瞭望台', '高高的混凝土圆柱'],
        tails: ['电报山上的', '内墙画满壁画的', '立在野鹦鹉山丘上的'],
        facts: ['在1933年开放', '高64米', '用混凝土建成', '里面有大幅壁画', '俯瞰旧金山和海湾'],
        forms: ['我是山顶上的一根白色圆柱。', '我圆圆的身体像水管的喷嘴。'],
      },
    },
  },
  {
    id: 'transamerica-pyramid',
    kind: 'landmark',
    wording: {
      en: {
        names: ['the Transamerica Pyramid'],
        pronoun: 'It',
        heads: [
          'the pointed white skyscraper',
          'the office building shaped like a spike',
          'the tall building with four sloping sides',
        ],
        tails: [
          'in the middle of San Francisco',
          'beside a small redwood grove',
          'that wears two wings near the top',
        ],
        facts: [
          'was finished in 1972',
          'has 48 floors',
          'is 260 meters tall',
          'ends in a sharp point',
          'has a skin of white quartz',
        ],
        forms: [
          'I am a skyscraper with four sloping sides.',
          'My walls grow narrower all the way to the top.',
        ],
      },
      es: {
        names: ['la Pirámide Transamerica'],
        pronoun: '',
        heads: [
          'la torre blanca y puntiaguda',
          'la torre de oficinas en forma de aguja',
          'la alta torre de cuatro caras inclinadas',
        ],
        tails: [
          'en el centro de San Francisco',
          'junto a un bosquecillo de secuoyas',
          'que lleva dos alas cerca de la punta',
        ],
        facts: [
          'se terminó en 1972',
          'tiene 48 pisos',
          'mide 260 metros de alto',
          'acaba en una punta afilada',
          'tiene una piel de cuarzo blanco',
        ],
        forms: [
          'Soy un rascacielos con cuatro caras inclinadas.',
          'Mis paredes se estrechan hasta la punta.',
        ],
      },
      fr: {
        names: ['la pyramide Transamerica', 'la Transamerica Pyramid'],
        pronoun: 'Elle',
        heads: [
          'la tour blanche et pointue',
          "la tour de bureaux en forme d'aiguille",
          'la haute tour aux quatre faces inclinées',
        ],
        tails: [
          'au centre de San Francisco',
          "près d'un petit bois de séquoias",
          'qui porte deux ailes près du sommet',
        ],
        facts: [
          'date de 1972',
          'a 48 étages',
          'mesure 260 mètres de haut',
          'finit en pointe fine',
          'a une peau de quartz blanc',
        ],
        forms: [
          'Je suis un gratte-ciel aux quatre faces inclinées.',
          "Mes murs se resserrent jusqu'au sommet.",
        ],
      },
      zh: {
        names: ['泛美金字塔'],
        pronoun: '它',
        heads: ['白色尖顶摩天楼', '像尖针的办公楼', '有四个斜面的高楼'],
        tails: ['旧金山市中心的', '红杉小树林旁的', '顶端附近长着两只翼的'],
        facts: ['在1972年建成', '有48层', '高260米', '顶上是一个尖角', '有白色石英的外皮'],
        forms: ['我是一座有四个斜面的摩天楼。', '我的墙越往上越窄。'],
      },
    },
  },
];
