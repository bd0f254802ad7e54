import type { Concept } from '../concept.ts';

/** Places left by the ancient peoples of Europe, Africa and America. */
export const ANCIENT_PLACES: readonly Concept[] = [
  {
    id: 'colosseum',
    kind: 'landmark',
    wording: {
      en: {
        names: ['the Colosseum'],
        pronoun: 'It',
        heads: ['the old stone stadium', 'the huge oval amphitheater', 'the ruined amphitheater'],
        tails: ['begun by the emperor Vespasian', 'next to the Roman Forum', 'near the Arch of Constantine'],
        facts: [
          'stands in Rome',
          'is in Italy',
          'is made of stone and concrete',
          'held fights between gladiators',
          'has rows of tall arches',
        ],
        forms: ['I am a huge oval ring with rows of arches.', 'My broken walls are made of old stone.'],
      },
      es: {
        names: ['el Coliseo'],
        pronoun: '',
        heads: ['el viejo estadio de piedra', 'el enorme anfiteatro ovalado', 'el anfiteatro en ruinas'],
        tails: [
          'empezado por el emperador Vespasiano',
          'al lado del Foro Romano',
          'cerca del Arco de Constantino',
        ],
        facts: [
          'está en Roma',
          'está en Italia',
          'está hecho de piedra y hormigón',
          'acogía luchas de gladiadores',
          'tiene filas de altos arcos',
        ],
        forms: ['Soy un enorme anillo ovalado con filas de arcos.', 'Mis muros rotos son de piedra vieja.'],
      },
      fr: {
        names: ['le Colisée'],
        pronoun: 'Il',
        heads: ['le vieux stade de pierre', "l'immense amphithéâtre ovale", "l'amphithéâtre en ruine"],
        tails: ["commencé par l'empereur Vespasien", 'à côté du Forum romain', "près de l'arc de Constantin"],
        facts: [
          'se dresse à Rome',
          'est en Italie',
          'est fait de pierre et de béton',
          'accueillait des combats de gladiateurs',
          'a des rangées de hautes arches',
        ],
        forms: [
          "Je suis un immense anneau ovale avec des rangées d'arches.",
          'Mes murs brisés sont de vieille pierre.',
        ],
      },
      zh: {
        names: ['斗兽场'],
        pronoun: '它',
        heads: ['古老的石头体育场', '巨大的椭圆形剧场', '残破的圆形剧场'],
        tails: ['韦斯巴芗皇帝开始修建的', '古罗马广场旁边的', '君士坦丁凯旋门附近的'],
        facts: ['矗立在罗马', '在意大利', '是用石头和混凝土做的', '举行过角斗士的比赛', '有一排排高高的拱门'],
        forms: ['我是一个有一排排拱门的巨大椭圆环。', '我残破的墙是古老的石头。'],
      },
    },
  },
  {
    id: 'great-pyramid',
    kind: 'landmark',
    wording: {
      en: {
        names: ['the Great Pyramid'],
        pronoun: 'It',
        heads: ['the largest stone tomb', 'the huge tomb with four sides', 'the giant stone tomb'],
        tails: [
          'built for the pharaoh Khufu',
          'taller than the others at Giza',
          'where King Khufu was buried',
        ],
        facts: [
          'stands in Giza',
          'is in Egypt',
          'is made of stone blocks',
          'is over four thousand years old',
          'points up at the desert sky',
        ],
        forms: ['I have four sloping sides and one sharp top.', 'My body is made of giant stone blocks.'],
      },
      es: {
        names: ['la Gran Pirámide'],
        pronoun: '',
        heads: [
          'la tumba de piedra más grande',
          'la enorme tumba de cuatro lados',
          'la tumba gigante de piedra',
        ],
        tails: [
          'construida para el faraón Keops',
          'más alta que las otras de Guiza',
          'donde enterraron al rey Keops',
        ],
        facts: [
          'está en Guiza',
          'está en Egipto',
          'está hecha de bloques de piedra',
          'tiene más de cuatro mil años',
          'apunta hacia el cielo del desierto',
        ],
        forms: [
          'Tengo cuatro lados inclinados y una punta aguda.',
          'Mi cuerpo es de bloques gigantes de piedra.',
        ],
      },
      fr: {
        names: ['la Grande Pyramide'],
        pronoun: 'Elle',
        heads: [
          'la plus vaste tombe de pierre',
          "l'immense tombe à quatre côtés",
          'la tombe géante de pierre',
        ],
        tails: [
          'bâtie pour le pharaon Khéops',
          'plus haute que les autres à Gizeh',
          'où fut enterré le roi Khéops',
        ],
        facts: [
          'se dresse à Gizeh',
          'est en Égypte',
          'est faite de blocs de pierre',
          'a plus de quatre mille ans',
          'pointe vers le ciel du désert',
        ],
        forms: [
          "J'ai quatre côtés en pente et une pointe aiguë.",
          'Mon corps est fait de blocs de pierre géants.',
        ],
      },
      zh: {
        names: ['大金字塔'],
        pronoun: '它',
        heads: ['最大的石头陵墓', '四面的巨大陵墓', '巨型石墓'],
        tails: ['为法老胡夫建造的', '在吉萨比别的都高的', '埋葬胡夫国王的'],
        facts: ['矗立在吉萨', '在埃及', '是用石块做的', '有四千多年的历史', '指向沙漠的天空'],
        forms: ['我有四个斜面和一个尖顶。', '我的身体是巨大的石块。'],
      },
    },
  },
  {
    id: 'acropolis',
    kind: 'landmark',
    wording: {
      en: {
        names: ['the Acropolis'],
        pronoun: 'It',
        heads: [
          'the rocky hill of temples',
          'the old fortress on the rock',
          'the high rock with marble ruins',
        ],
        tails: [
          'that carries the Parthenon',
          'sacred to the goddess Athena',
          'above the Theater of Dionysus',
        ],
        facts: [
          'stands in Athens',
          'is in Greece',
          'has temples of white marble',
          'is over two thousand years old',
          'looks down over the whole city',
        ],
        forms: ['I am a high rock with old temples on top.', 'I wear white marble columns on my flat top.'],
      },
      es: {
        names: ['la Acrópolis'],
        pronoun: '',
        heads: [
          'la colina rocosa de los templos',
          'la vieja fortaleza sobre la roca',
          'la alta roca con ruinas de mármol',
        ],
        tails: ['que sostiene el Partenón', 'consagrada a la diosa Atenea', 'sobre el Teatro de Dioniso'],
        facts: [
          'está en Atenas',
          'está en Grecia',
          'tiene templos de mármol blanco',
          'tiene más de dos mil años',
          'mira toda la ciudad desde arriba',
        ],
        forms: [
          'Soy una roca alta con templos viejos en la cima.',
          'Llevo columnas de mármol blanco en mi cima plana.',
        ],
      },
      fr: {
        names: ["l'Acropole"],
        pronoun: 'Elle',
        heads: [
          'la colline rocheuse aux temples',
          'la vieille forteresse sur le rocher',
          'la haute roche aux ruines de marbre',
        ],
        tails: ['qui porte le Parthénon', 'consacrée à la déesse Athéna', 'au-dessus du théâtre de Dionysos'],
        facts: [
          'se dresse à Athènes',
          'est en Grèce',
          'a des temples de marbre blanc',
          'a plus de deux mille ans',
          "regarde toute la ville d'en haut",
        ],
        forms: [
          'Je suis une haute roche avec de vieux temples au sommet.',
          'Je porte des colonnes de marbre blanc sur mon sommet plat.',
        ],
      },
      zh: {
        names: ['卫城'],
        pronoun: '它',
        heads: ['布满神庙的石山', '岩石上的古老堡垒', '有大理石废墟的高岩'],
        tails: ['托着帕特农神庙的', '献给女神雅典娜的', '酒神剧场上方的'],
        facts: ['矗立在雅典', '在希腊', '有白色大理石的神庙', '有两千多年的历史', '俯瞰整座城市'],
        forms: ['我是一块顶上有古老神庙的高岩。', '我平平的顶上有白色大理石柱。'],
      },
    },
  },
];
