import type { Concept } from '../concept.ts';

/** Jobs at the oven, in the field and in the air: the baker, the farmer and the pilot. */
export const HAND_AND_SKY_JOBS: readonly Concept[] = [
  {
    id: 'baker',
    kind: 'job',
    wording: {
      en: {
        names: ['the baker', 'a baker'],
        pronoun: 'He',
        heads: ['the man with floury hands', 'the man in the white apron', 'the man beside the hot oven'],
        tails: [
          'who kneads dough at night',
          'who makes sweet buns for breakfast',
          'who shapes long loaves before dawn',
        ],
        facts: [
          'gets up before dawn',
          'kneads dough with both hands',
          'works beside a hot oven',
          'sells fresh bread every morning',
        ],
        forms: ['I am a man with flour on my arms.', 'My hands are strong and covered in dough.'],
      },
      es: {
        names: ['el panadero', 'un panadero'],
        pronoun: '',
        heads: [
          'el hombre de las manos con harina',
          'el hombre del delantal blanco',
          'el hombre junto al horno caliente',
        ],
        tails: [
          'que amasa por la noche',
          'que hace bollos dulces para el desayuno',
          'que da forma a largas barras antes del alba',
        ],
        facts: [
          'se levanta antes del alba',
          'amasa con las dos manos',
          'trabaja junto a un horno caliente',
          'vende pan fresco cada mañana',
        ],
        forms: [
          'Soy un hombre con harina en los brazos.',
          'Mis manos son fuertes y están cubiertas de masa.',
        ],
      },
      fr: {
        names: ['le boulanger', 'un boulanger'],
        pronoun: 'Il',
        heads: [
          "l'homme aux mains pleines de farine",
          "l'homme au tablier blanc",
          "l'homme près du four chaud",
        ],
        tails: [
          'qui pétrit la pâte la nuit',
          'qui fait des brioches pour le petit déjeuner',
          "qui façonne de longues baguettes avant l'aube",
        ],
        facts: [
          "se lève avant l'aube",
          'pétrit la pâte à deux mains',
          "travaille près d'un four chaud",
          'vend du pain frais chaque matin',
        ],
        forms: [
          'Je suis un homme avec de la farine sur les bras.',
          'Mes mains sont fortes et couvertes de pâte.',
        ],
      },
      zh: {
        names: ['烘焙师', '烘焙师傅'],
        pronoun: '他',
        heads: ['双手沾满面粉的男人', '穿白围裙的男人', '热炉子旁边的男人'],
        tails: ['夜里揉面团的', '为早餐做甜面包的', '天亮前做长面包的'],
        facts: ['天亮前就起床', '用双手揉面团', '在热炉子旁边工作', '每天早上卖新鲜的面包'],
        forms: ['我是一个手臂上有面粉的男人。', '我的手很有力，沾满了面团。'],
      },
    },
  },
  {
    id: 'farmer',
    kind: 'job',
    wording: {
      en: {
        names: ['the farmer', 'a farmer'],
        pronoun: 'He',
        heads: ['the man in rubber boots', 'the man on the tractor', 'the hard-working man of the fields'],
        tails: ['who sows the wheat', 'who milks the cows', 'who brings in the harvest'],
        facts: [
          'sows wheat in the field',
          'drives a tractor',
          'feeds the cows and the hens',
          'brings in the harvest in summer',
        ],
        forms: ['I am a man with boots full of mud.', 'My face is brown from the sun.'],
      },
      es: {
        names: ['el granjero', 'un granjero'],
        pronoun: '',
        heads: ['el hombre de las botas de goma', 'el hombre del tractor', 'el trabajador del campo'],
        tails: ['que siembra el trigo', 'que ordeña las vacas', 'que recoge la cosecha'],
        facts: [
          'siembra trigo en el campo',
          'conduce un tractor',
          'da de comer a vacas y gallinas',
          'recoge la cosecha en verano',
        ],
        forms: ['Soy un hombre con las botas llenas de barro.', 'Mi cara está morena por el sol.'],
      },
      fr: {
        names: ['le fermier', 'un fermier'],
        pronoun: 'Il',
        heads: ["l'homme aux bottes de caoutchouc", "l'homme au tracteur", 'le travailleur des champs'],
        tails: ['qui sème le blé', 'qui trait les vaches', 'qui rentre la récolte'],
        facts: [
          'sème du blé dans le champ',
          'conduit un tracteur',
          'nourrit les vaches et les poules',
          'rentre la récolte en été',
        ],
        forms: ['Je suis un homme aux bottes pleines de boue.', 'Mon visage est bruni par le soleil.'],
      },
      zh: {
        names: ['农民', '农夫'],
        pronoun: '他',
        heads: ['穿胶靴的男人', '拖拉机上的男人', '田里的勤劳男人'],
        tails: ['播种小麦的', '给奶牛挤奶的', '收割庄稼的'],
        facts: ['在田里播种小麦', '开拖拉机', '喂牛和母鸡', '在夏天收割庄稼'],
        forms: ['我是一个靴子上沾满泥的男人。', '我的脸被太阳晒得黑黑的。'],
      },
    },
  },
  {
    id: 'pilot',
    kind: 'job',
    wording: {
      en: {
        names: ['the pilot', 'a pilot'],
        pronoun: 'She',
        heads: [
          'the woman in the cockpit',
          'the woman in the blue uniform',
          'the calm woman at the controls',
        ],
        tails: ['who flies big planes', 'who lands on the runway', 'who carries passengers above the clouds'],
        facts: [
          'flies a big plane',
          'sees the clouds from above',
          'lands safely on the runway',
          'carries passengers to far cities',
        ],
        forms: ['I am a woman in a blue uniform.', 'My headphones cover both my ears.'],
      },
      es: {
        names: ['la piloto', 'una piloto'],
        pronoun: '',
        heads: ['la mujer de la cabina', 'la mujer del uniforme azul', 'la mujer tranquila a los mandos'],
        tails: [
          'que maneja grandes aviones',
          'que aterriza en la pista',
          'que lleva pasajeros por encima de las nubes',
        ],
        facts: [
          'maneja un avión grande',
          've las nubes desde arriba',
          'aterriza sin peligro en la pista',
          'lleva pasajeros a ciudades lejanas',
        ],
        forms: ['Soy una mujer con un uniforme azul.', 'Mis auriculares me cubren las dos orejas.'],
      },
      fr: {
        names: ['la pilote', 'une pilote'],
        pronoun: 'Elle',
        heads: ['la femme dans le cockpit', 'la femme en uniforme bleu', 'la femme calme aux commandes'],
        tails: [
          'qui conduit de gros avions',
          'qui atterrit sur la piste',
          'qui emmène des passagers au-dessus des nuages',
        ],
        facts: [
          'conduit un gros avion',
          "voit les nuages d'en haut",
          'atterrit sans danger sur la piste',
          'emmène des passagers vers des villes lointaines',
        ],
        forms: ['Je suis une femme en uniforme bleu.', 'Mon casque audio couvre mes deux oreilles.'],
      },
      zh: {
        names: ['飞行员', '一名飞行员'],
        pronoun: '她',
        heads: ['驾驶舱里的女士', '穿蓝色制服的女士', '握着操纵杆的冷静女士'],
        tails: ['驾驶大客机的', '在跑道上降落的', '带乘客穿过云层的'],
        facts: ['驾驶一架大客机', '从高处看云', '在跑道上平安降落', '带乘客去远方的城市'],
        forms: ['我是一位穿蓝色制服的女士。', '我的耳机盖住两只耳朵。'],
      },
    },
  },
];
