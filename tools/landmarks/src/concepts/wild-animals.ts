import type { Concept } from '../concept.ts';

/** Wild animals: the elephant, the whale, the owl and the penguin. */
export const WILD_ANIMALS: readonly Concept[] = [
  {
    id: 'elephant',
    kind: 'animal',
    wording: {
      en: {
        names: ['the elephant', 'an elephant'],
        pronoun: 'It',
        heads: ['the biggest animal on land', 'the grey giant', 'the gentle giant with huge ears'],
        tails: ['that has a long trunk', 'that showers with its own nose', 'that wears two ivory tusks'],
        facts: [
          'is the biggest animal on land',
          'drinks with its long trunk',
          'remembers places for many years',
          'walks in a family herd',
        ],
        forms: ['I have a long trunk and huge ears.', 'My grey skin is thick and full of wrinkles.'],
      },
      es: {
        names: ['el elefante', 'un elefante'],
        pronoun: '',
        heads: [
          'el animal más grande de la tierra firme',
          'el gigante gris',
          'el gigante tranquilo de orejas enormes',
        ],
        tails: [
          'que tiene una trompa larga',
          'que se ducha con su propia nariz',
          'que lleva dos colmillos de marfil',
        ],
        facts: [
          'es el animal terrestre más grande',
          'bebe con su larga trompa',
          'recuerda los lugares durante muchos años',
          'camina en una manada familiar',
        ],
        forms: ['Tengo una trompa larga y orejas enormes.', 'Mi piel gris es gruesa y llena de arrugas.'],
      },
      fr: {
        names: ["l'éléphant", 'un éléphant'],
        pronoun: 'Il',
        heads: [
          'le plus gros animal de la terre ferme',
          'le géant gris',
          'le géant tranquille aux oreilles énormes',
        ],
        tails: [
          'qui a une longue trompe',
          'qui se douche avec son propre nez',
          "qui porte deux défenses d'ivoire",
        ],
        facts: [
          'est le plus gros animal terrestre',
          'boit avec sa longue trompe',
          'se souvient des lieux pendant des années',
          'marche en troupeau avec sa famille',
        ],
        forms: [
          "J'ai une longue trompe et des oreilles énormes.",
          'Ma peau grise est épaisse et pleine de rides.',
        ],
      },
      zh: {
        names: ['大象', '一头大象'],
        pronoun: '它',
        heads: ['陆地上最大的动物', '灰色的巨兽', '大耳朵的温和巨兽'],
        tails: ['鼻子长长的', '用鼻子给自己洗澡的', '长着两根白色长牙的'],
        facts: ['是陆地上最大的动物', '用长长的鼻子喝水', '多年以后还记得去过的地方', '和家人成群行走'],
        forms: ['我有长长的鼻子和大大的耳朵。', '我灰色的皮肤很厚，有很多皱纹。'],
      },
    },
  },
  {
    id: 'whale',
    kind: 'animal',
    wording: {
      en: {
        names: ['the whale', 'a whale'],
        pronoun: 'It',
        heads: ['the giant of the sea', 'the huge sea creature', 'the biggest swimmer in the world'],
        tails: [
          'that blows water into the air',
          'that sings deep in the ocean',
          'that drinks milk as a baby',
        ],
        facts: [
          'lives in the ocean',
          'comes up to breathe air',
          'sings long songs under water',
          'gives milk to its baby',
        ],
        forms: ['I have a huge smooth body and a wide tail.', 'There is a hole for air on top of my head.'],
      },
      es: {
        names: ['la ballena', 'una ballena'],
        pronoun: '',
        heads: ['la gigante del mar', 'la enorme criatura marina', 'la nadadora más grande del mundo'],
        tails: ['que lanza agua al aire', 'que canta en el fondo del océano', 'que bebe leche de pequeña'],
        facts: [
          'vive en el océano',
          'sube a respirar aire',
          'canta largas canciones bajo el agua',
          'da leche a su cría',
        ],
        forms: [
          'Tengo un enorme cuerpo liso y una cola ancha.',
          'Hay un agujero para el aire en lo alto de mi cabeza.',
        ],
      },
      fr: {
        names: ['la baleine', 'une baleine'],
        pronoun: 'Elle',
        heads: ['la géante des mers', "l'énorme créature marine", 'la plus grande nageuse du monde'],
        tails: [
          "qui souffle de l'eau en l'air",
          "qui chante au fond de l'océan",
          'qui boit du lait quand elle est petite',
        ],
        facts: [
          "vit dans l'océan",
          "remonte pour respirer l'air",
          "chante de longues chansons sous l'eau",
          'donne du lait à son petit',
        ],
        forms: [
          "J'ai un énorme corps lisse et une large queue.",
          "Il y a un trou pour l'air au sommet de ma tête.",
        ],
      },
      zh: {
        names: ['鲸鱼', '大鲸鱼'],
        pronoun: '它',
        heads: ['海里的巨兽', '巨大的海洋动物', '世界上最大的游泳健将'],
        tails: ['向空中喷水的', '在深海里唱歌的', '小时候喝妈妈的奶的'],
        facts: ['住在海洋里', '浮到水面呼吸空气', '在水下唱很长的歌', '给宝宝喂奶'],
        forms: ['我有巨大光滑的身体和宽宽的尾巴。', '我的头顶有一个呼吸的孔。'],
      },
    },
  },
  {
    id: 'owl',
    kind: 'animal',
    wording: {
      en: {
        names: ['the owl', 'an owl'],
        pronoun: 'It',
        heads: [
          'the bird with big round eyes',
          'the feathered hunter of the night',
          'the silent bird of the forest',
        ],
        tails: [
          'that hoots in the dark',
          'that can turn its head backwards',
          'that sleeps all day in a hollow tree',
        ],
        facts: [
          'hunts mice at night',
          'flies without a sound',
          'sleeps during the day',
          'can turn its head backwards',
        ],
        forms: ['I have big round eyes and soft feathers.', 'My head can turn almost all the way around.'],
      },
      es: {
        names: ['el búho', 'un búho'],
        pronoun: '',
        heads: [
          'el pájaro de grandes ojos redondos',
          'el cazador nocturno con plumas',
          'el pájaro silencioso del bosque',
        ],
        tails: [
          'que ulula en la oscuridad',
          'que puede girar la cabeza hacia atrás',
          'que duerme de día en un árbol hueco',
        ],
        facts: [
          'caza ratones por la noche',
          'vuela sin hacer ruido',
          'duerme durante el día',
          'puede girar la cabeza hacia atrás',
        ],
        forms: ['Tengo grandes ojos redondos y plumas suaves.', 'Mi cabeza puede girar casi por completo.'],
      },
      fr: {
        names: ['le hibou', 'un hibou'],
        pronoun: 'Il',
        heads: [
          "l'oiseau aux grands yeux ronds",
          'le chasseur à plumes de la nuit',
          "l'oiseau silencieux de la forêt",
        ],
        tails: [
          'qui hulule dans le noir',
          "qui peut tourner la tête vers l'arrière",
          'qui dort le jour dans un arbre creux',
        ],
        facts: [
          'chasse les souris la nuit',
          'vole sans faire de bruit',
          'dort pendant la journée',
          "peut tourner la tête vers l'arrière",
        ],
        forms: [
          "J'ai de grands yeux ronds et des plumes douces.",
          'Ma tête peut tourner presque complètement.',
        ],
      },
      zh: {
        names: ['猫头鹰', '一只猫头鹰'],
        pronoun: '它',
        heads: ['大圆眼睛的鸟', '长羽毛的夜间猎手', '森林里的安静鸟儿'],
        tails: ['在黑暗中咕咕叫的', '能把脑袋转到背后的', '白天睡在树洞里的'],
        facts: ['在夜里捉老鼠', '飞起来没有声音', '在白天睡觉', '能把脑袋转到背后'],
        forms: ['我有又大又圆的眼睛和软软的羽毛。', '我的脑袋几乎可以转一圈。'],
      },
    },
  },
  {
    id: 'penguin',
    kind: 'animal',
    wording: {
      en: {
        names: ['the penguin', 'a penguin'],
        pronoun: 'It',
        heads: ['the black and white bird', 'the bird that cannot fly', 'the seabird with short wings'],
        tails: [
          'that walks on the ice of Antarctica',
          'that slides over the snow on its belly',
          'that keeps its egg warm on its feet',
        ],
        facts: [
          'swims very fast but cannot fly',
          'eats fish from the cold sea',
          'slides over the snow on its belly',
          'walks with small steps on the ice',
        ],
        forms: ['I have a white belly and a black back.', 'My short wings are flat like paddles.'],
      },
      es: {
        names: ['el pingüino', 'un pingüino'],
        pronoun: '',
        heads: [
          'el pájaro blanco y negro',
          'el pájaro que no puede volar',
          'el pájaro marino de alas cortas',
        ],
        tails: [
          'que camina sobre el hielo de la Antártida',
          'que se desliza por la nieve sobre la barriga',
          'que calienta su huevo sobre las patas',
        ],
        facts: [
          'nada muy rápido pero no puede volar',
          'come peces del mar frío',
          'se desliza por la nieve sobre la barriga',
          'camina con pasos cortos sobre el hielo',
        ],
        forms: ['Tengo la barriga blanca y la espalda negra.', 'Mis alas cortas son planas como remos.'],
      },
      fr: {
        names: ['le manchot', 'un manchot'],
        pronoun: 'Il',
        heads: ["l'oiseau noir et blanc", "l'oiseau incapable de voler", "l'oiseau marin aux ailes courtes"],
        tails: [
          "qui marche sur la glace de l'Antarctique",
          'qui glisse sur la neige à plat ventre',
          'qui garde son œuf au chaud sur ses pattes',
        ],
        facts: [
          'nage très vite mais ne peut pas voler',
          'mange des poissons de la mer froide',
          'glisse sur la neige à plat ventre',
          'marche à petits pas sur la glace',
        ],
        forms: ["J'ai le ventre blanc et le dos noir.", 'Mes ailes courtes sont plates comme des rames.'],
      },
      zh: {
        names: ['企鹅', '小企鹅'],
        pronoun: '它',
        heads: ['黑白两色的鸟', '不会飞的鸟', '短翅膀的海鸟'],
        tails: ['走在南极冰面上的', '用肚子在雪上滑行的', '用双脚给蛋保暖的'],
        facts: ['游得很快但是不会飞', '吃冷海里的鱼', '用肚子在雪上滑行', '在冰上迈着小步走'],
        forms: ['我有白色的肚子和黑色的背。', '我的短翅膀扁扁的，像船桨。'],
      },
    },
  },
];
